import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import {
  BatchConflict,
  Bus,
  consumeExactlyOnce,
  type ExactlyOnceSubscription,
  type OutgoingMessage,
  packByPartition,
  type Published,
} from '@portitor/bus'
import { usageRatedTopic, usageRecordedTopic } from '@portitor/contracts'
import { Database, type Queryable } from '@portitor/postgres'
import { HealthRegistry } from '@portitor/service'
import { CatalogCache } from './catalog.cache.ts'
import { loadCounters, storeCounters } from './charge-counters.store.ts'
import { judgeAndPlan } from './judge-and-plan.ts'
import { type PlannedUsage, rateBatch, type RatedEvent } from './rate-batch.ts'
import { findRated, insertRated } from './rated-usages.store.ts'
import { type RecordedUsage, recordedUsages, toDeadLetter } from './recorded-usage.ts'
import { settleDuplicates, type Settled } from './settle-duplicates.ts'
import { ratedUsageText } from './to-rated-usage.ts'
import { countRecorded, insertRatedBatches, type RatedBatch } from './totals.store.ts'

const EVENTS_PER_BATCH_MAX = 2_000
const EVENTS_PER_RECORD_MAX = 1_000

/** What a record of usage.rated adds up to, kept beside the message until its number is known. */
interface RatedMessage extends OutgoingMessage {
  readonly totals: readonly Omit<RatedBatch, 'partition' | 'sequence'>[]
}

/** usage.recorded → price and cost → usage.rated, exactly once in effect. */
@Injectable()
export class RateUsageConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: ExactlyOnceSubscription | undefined

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(CatalogCache) private readonly catalog: CatalogCache,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await consumeExactlyOnce<RecordedUsage>(this.bus, this.database, {
      consumer: 'rating',
      topic: usageRecordedTopic,
      itemsPerBatchMax: EVENTS_PER_BATCH_MAX,
      decode: recordedUsages,
      handle: (tx, recorded, { partition }) => this.rate(tx, recorded, partition),
      deadLetter: (tx, failed) => this.deadLetter(tx, failed.item!, failed.error),
      published: (tx, published) => insertRatedBatches(tx, published.flatMap(toRatedBatches)),
    })
    this.health.register('rating', async () => this.#subscription?.trouble())
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.close()
  }

  private async rate(tx: Queryable, recorded: RecordedUsage[], partition: number): Promise<OutgoingMessage[]> {
    const now = new Date()
    const catalog = await this.catalog.inForce(tx)
    const { planned, refused } = judgeAndPlan(recorded, catalog)
    const { rated, settled } = await this.rateFresh(tx, planned, now)
    const conflicts = settled.conflicts.map((usage) => ({
      usage: planned.get(usage)!,
      reason: {
        code: 'event.id_conflict',
        field: 'id',
        detail: 'this id was used before with another payload: send the corrected event under an id of its own',
      },
    }))
    const rejected = [...refused, ...conflicts]
    await countRecorded(tx, partition, {
      events: recorded.length,
      duplicates: settled.duplicates.length,
      rejected: rejected.length,
      rated: rated.length,
    })
    return [
      ...this.ratedMessages(rated, now),
      ...rejected.map(({ usage, reason }) => toDeadLetter(usage, reason, now.toISOString())),
    ]
  }

  /**
   * Repeats are rare, so the batch is rated as if all of it were new; where the insert finds that some were not, it is
   * undone to the savepoint and rated again without them.
   */
  private async rateFresh(
    tx: Queryable,
    planned: ReadonlyMap<PlannedUsage, RecordedUsage>,
    now: Date,
  ): Promise<{ rated: RatedEvent[]; settled: Settled }> {
    let settled = settleDuplicates([...planned.keys()], new Map())
    await tx.query('savepoint fresh')
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const counters = await loadCounters(tx, settled.fresh)
      const rated = rateBatch(settled.fresh, counters)
      if (await insertRated(tx, rated, now)) {
        await storeCounters(tx, counters)
        return { rated, settled }
      }
      await tx.query('rollback to savepoint fresh')
      const known = await findRated(
        tx,
        [...planned.keys()].map((usage) => usage.event),
      )
      settled = settleDuplicates([...planned.keys()], known)
    }
    throw new BatchConflict('another partition rated the same events meanwhile')
  }

  private ratedMessages(rated: readonly RatedEvent[], ratedAt: Date): RatedMessage[] {
    const totals = new Map<string, RatedMessage['totals']>()
    const messages = packByPartition(this.bus, usageRatedTopic, rated, {
      keyOf: (event) => event.planned.event.workspaceId,
      encode: (events) => {
        const at = ratedAt.toISOString()
        const value = `{"events":[${events.map((event) => ratedUsageText(event, at)).join(',')}]}`
        totals.set(value, totalsOf(events, ratedAt))
        return value
      },
      itemsMax: EVENTS_PER_RECORD_MAX,
    })
    return messages.map((message) => ({ ...message, totals: totals.get(message.value as string)! }))
  }

  private async deadLetter(tx: Queryable, usage: RecordedUsage, error: Error): Promise<OutgoingMessage> {
    await countRecorded(tx, usage.record.partition, { events: 1, duplicates: 0, rejected: 1, rated: 0 })
    const reason = { code: 'event.not_ratable', detail: `the event cannot be rated: ${error.message}` }
    return toDeadLetter(usage, reason, new Date().toISOString())
  }
}

function totalsOf(events: readonly RatedEvent[], ratedAt: Date): RatedMessage['totals'] {
  const totals = new Map<string, RatedMessage['totals'][number]>()
  for (const { planned, priceNanos, costNanos } of events) {
    const sum = totals.get(planned.currency) ?? {
      currency: planned.currency,
      events: 0,
      priceNanos: 0n,
      costNanos: 0n,
      ratedAt,
    }
    totals.set(planned.currency, {
      ...sum,
      events: sum.events + 1,
      priceNanos: sum.priceNanos + priceNanos,
      costNanos: sum.costNanos + costNanos,
    })
  }
  return [...totals.values()]
}

function toRatedBatches({ message, partition, sequence }: Published): RatedBatch[] {
  if (message.topic.name !== usageRatedTopic.name) return []
  return (message as RatedMessage).totals.map((totals) => ({ ...totals, partition, sequence }))
}
