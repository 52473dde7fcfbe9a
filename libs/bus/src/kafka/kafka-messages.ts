import type kafkajs from 'kafkajs'
import type { LogRecord, OutgoingMessage } from '../bus.ts'

/**
 * What one request may carry for one partition: the records of a request make one batch there, and a broker refuses a
 * batch beyond `message.max.bytes` (1 MiB unless configured) for good. A single larger record goes alone.
 */
const BATCH_BYTES_MAX = 900_000
const RECORD_OVERHEAD_BYTES = 512

/** Cuts messages into requests that a broker takes, keeping the order within each partition. */
export function cutRequests(
  messages: readonly OutgoingMessage[],
  partitionOf: (key: string) => number,
): kafkajs.TopicMessages[][] {
  const requests: { messages: OutgoingMessage[]; bytes: Map<string, number> }[] = []
  /** The request each partition has got to: an earlier one would change the order. */
  const reached = new Map<string, number>()
  for (const message of messages) {
    const place = `${message.topic.name}/${message.partition ?? partitionOf(message.key ?? '')}`
    const bytes = RECORD_OVERHEAD_BYTES + (message.value === null ? 0 : Buffer.byteLength(message.value))
    let number = reached.get(place) ?? 0
    const before = requests[number]?.bytes.get(place) ?? 0
    if (before > 0 && before + bytes > BATCH_BYTES_MAX) number += 1
    const request = (requests[number] ??= { messages: [], bytes: new Map() })
    request.messages.push(message)
    request.bytes.set(place, (request.bytes.get(place) ?? 0) + bytes)
    reached.set(place, number)
  }
  return requests.map((request) => toKafkaTopicMessages(request.messages, partitionOf))
}

function toKafkaTopicMessages(
  messages: readonly OutgoingMessage[],
  partitionOf: (key: string) => number,
): kafkajs.TopicMessages[] {
  const byTopic = new Map<string, kafkajs.Message[]>()
  for (const message of messages) {
    let list = byTopic.get(message.topic.name)
    if (list === undefined) byTopic.set(message.topic.name, (list = []))
    list.push({
      key: message.key,
      value: message.value,
      partition: message.partition ?? partitionOf(message.key ?? ''),
      ...(message.headers === undefined ? {} : { headers: { ...message.headers } }),
    })
  }
  return [...byTopic].map(([topic, list]) => ({ topic, messages: list }))
}

export function fromKafkaMessage(topic: string, partition: number, message: kafkajs.KafkaMessage): LogRecord {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value
    if (first !== undefined) headers[name.toLowerCase()] = first.toString()
  }
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key === null ? null : message.key.toString(),
    value: message.value,
    headers,
    timestampMs: Number(message.timestamp),
  }
}
