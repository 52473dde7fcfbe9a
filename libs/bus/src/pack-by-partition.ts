import type { Topic } from '@portitor/contracts'
import type { Bus, OutgoingMessage } from './bus.ts'

/** A record stays below the 1 MiB that brokers take by default. */
const RECORD_BYTES_MAX = 900_000

/** Packs items into few records: one array per target partition, cut at `itemsMax` and where it would be too large. Order within a partition is kept. */
export function packByPartition<Item>(
  bus: Bus,
  topic: Topic,
  items: readonly Item[],
  options: { keyOf(item: Item): string; encode(items: readonly Item[]): string; itemsMax: number },
): OutgoingMessage[] {
  const groups = new Map<number, Item[]>()
  for (const item of items) {
    const partition = bus.partitionOf(options.keyOf(item))
    const group = groups.get(partition)
    if (group === undefined) groups.set(partition, [item])
    else group.push(item)
  }
  const messages: OutgoingMessage[] = []
  const pack = (partition: number, group: readonly Item[]): void => {
    const value = options.encode(group)
    // A character takes three bytes of UTF-8 at most, so most records need no counting.
    const tooLarge = value.length * 3 > RECORD_BYTES_MAX && Buffer.byteLength(value) > RECORD_BYTES_MAX
    if (!tooLarge || group.length === 1) {
      messages.push({ topic, partition, key: null, value })
      return
    }
    const middle = group.length >> 1
    pack(partition, group.slice(0, middle))
    pack(partition, group.slice(middle))
  }
  for (const [partition, group] of groups) {
    for (let start = 0; start < group.length; start += options.itemsMax) {
      pack(partition, group.slice(start, start + options.itemsMax))
    }
  }
  return messages
}
