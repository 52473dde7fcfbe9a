import type { Topic } from '@portitor/contracts'
import type { Bus, OutgoingMessage } from './bus.ts'

/** Packs items into few records: one array per target partition, cut at `itemsMax`. Order within a partition is kept. */
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
  for (const [partition, group] of groups) {
    for (let start = 0; start < group.length; start += options.itemsMax) {
      const value = options.encode(group.slice(start, start + options.itemsMax))
      messages.push({ topic, partition, key: null, value })
    }
  }
  return messages
}
