import { type Bus, type OutgoingMessage, packByPartition, type Published } from '@portitor/bus'
import { usageRatedTopic } from '@portitor/contracts'
import type { RatedBatch } from './totals.store.ts'

const EVENTS_PER_RECORD_MAX = 1_000

/** One event of a record of `usage.rated`, as text, and what it adds to the totals of the rated log. */
export interface RatedText {
  readonly workspaceId: string
  readonly currency: string
  readonly priceNanos: bigint
  readonly costNanos: bigint
  /** A correction counts as none. */
  readonly events: 0 | 1
  readonly text: string
}

/** What a record of usage.rated adds up to, kept beside the message until its number is known. */
export interface RatedMessage extends OutgoingMessage {
  readonly totals: readonly Omit<RatedBatch, 'partition' | 'sequence'>[]
}

/** Packs rated events into few records. `ratedAt` is the instant that they bear. */
export function ratedMessages(bus: Bus, rated: readonly RatedText[], ratedAt: Date): RatedMessage[] {
  const totals = new Map<string, RatedMessage['totals']>()
  const messages = packByPartition(bus, usageRatedTopic, rated, {
    keyOf: ({ workspaceId }) => workspaceId,
    encode: (events) => {
      const value = `{"events":[${events.map(({ text }) => text).join(',')}]}`
      totals.set(value, totalsOf(events, ratedAt))
      return value
    },
    itemsMax: EVENTS_PER_RECORD_MAX,
  })
  return messages.map((message) => ({ ...message, totals: totals.get(message.value as string)! }))
}

/** The totals of records that have their numbers now. */
export function ratedBatchesOf(published: readonly Published[]): RatedBatch[] {
  return published.flatMap(({ message, partition, sequence }) =>
    message.topic.name === usageRatedTopic.name
      ? (message as RatedMessage).totals.map((totals) => ({ ...totals, partition, sequence }))
      : [],
  )
}

function totalsOf(rated: readonly RatedText[], ratedAt: Date): RatedMessage['totals'] {
  const totals = new Map<string, RatedMessage['totals'][number]>()
  for (const { currency, priceNanos, costNanos, events } of rated) {
    const sum = totals.get(currency) ?? { currency, events: 0, priceNanos: 0n, costNanos: 0n, ratedAt }
    totals.set(currency, {
      ...sum,
      events: sum.events + events,
      priceNanos: sum.priceNanos + priceNanos,
      costNanos: sum.costNanos + costNanos,
    })
  }
  return [...totals.values()]
}
