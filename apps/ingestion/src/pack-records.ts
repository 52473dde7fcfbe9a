import { usageRecordedTopic } from '@portitor/contracts'
import type { OutgoingMessage } from '@portitor/bus'
import { batchEventsMax, batchType, encodeBatch } from '@portitor/metering'

/** An accepted event as it goes to the log. */
export interface EncodedEvent {
  readonly workspaceId: string
  /** Structured JSON. */
  readonly text: string
  /** Length of `text` in UTF-8. */
  readonly bytes: number
}

/** The largest value of a record. Kafka's limit of 1 MiB is for the whole record, key and headers included. */
export const recordBytesMax = 960 * 1024

const headers = { 'content-type': batchType }

/**
 * Packs events into few records: for each partition lists of at most 1,000 events and `recordBytesMax`, in their order. A
 * client library spends its time per record, so this is what makes the log fast.
 */
export function packRecords(
  events: readonly EncodedEvent[],
  partitionOf: (workspaceId: string) => number,
): OutgoingMessage[] {
  const messages: OutgoingMessage[] = []
  for (const [partition, group] of groupByPartition(events, partitionOf)) {
    let texts: string[] = []
    let bytes = 1
    const close = () =>
      messages.push({ topic: usageRecordedTopic, key: null, partition, value: encodeBatch(texts), headers })
    for (const event of group) {
      // A comma or the closing bracket comes with each event.
      if (texts.length === batchEventsMax || (texts.length > 0 && bytes + event.bytes + 1 > recordBytesMax)) {
        close()
        texts = []
        bytes = 1
      }
      texts.push(event.text)
      bytes += event.bytes + 1
    }
    close()
  }
  return messages
}

function groupByPartition(
  events: readonly EncodedEvent[],
  partitionOf: (workspaceId: string) => number,
): Map<number, EncodedEvent[]> {
  const byPartition = new Map<number, EncodedEvent[]>()
  for (const [workspaceId, own] of Map.groupBy(events, (event) => event.workspaceId)) {
    const partition = partitionOf(workspaceId)
    byPartition.set(partition, (byPartition.get(partition) ?? []).concat(own))
  }
  return byPartition
}
