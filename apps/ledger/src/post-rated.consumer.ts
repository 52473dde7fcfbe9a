import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import {
  Bus,
  consumeExactlyOnce,
  type ExactlyOnceSubscription,
  type FailedItem,
  type OutgoingMessage,
  packByPartition,
} from '@portitor/bus'
import { type LedgerPosted, ledgerPostedTopic, type RatedUsage, usageRatedTopic } from '@portitor/contracts'
import { Database, type Queryable } from '@portitor/postgres'
import { HealthRegistry, Log } from '@portitor/service'
import { checkRated } from './decode-rated.ts'
import { countPostings } from './postings.store.ts'
import { type RatedItem, ratedItems, toDeadLetter } from './rated-item.ts'
import { toTransfers } from './to-transfers.ts'
import { postUsage } from './transfers.store.ts'

/** The name under which the ledger's positions in `usage.rated` are kept. */
export const LEDGER_CONSUMER = 'ledger'
/** Balances are moved once per account and batch: with many workspaces a batch of 5,000 costs a third less per event than one of 1,000. */
const EVENTS_PER_BATCH_MAX = 5_000
const EVENTS_PER_RECORD_MAX = 1_000

/** usage.rated → transfers and balances → ledger.posted, exactly once in effect (L-3, L-4). */
@Injectable()
export class PostRatedConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: ExactlyOnceSubscription | undefined

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
    @Inject(Log) private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await consumeExactlyOnce<RatedItem>(this.bus, this.database, {
      consumer: LEDGER_CONSUMER,
      topic: usageRatedTopic,
      itemsPerBatchMax: EVENTS_PER_BATCH_MAX,
      decode: ratedItems,
      handle: (tx, items, { partition }) => this.post(tx, items, partition),
      deadLetter: (tx, failed) => this.deadLetter(tx, failed),
      alarm: (text) => this.log.error({ consumer: LEDGER_CONSUMER }, text),
    })
    this.health.register('ledger', async () => this.#subscription?.trouble())
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.close()
  }

  private async post(tx: Queryable, items: RatedItem[], partition: number): Promise<OutgoingMessage[]> {
    const recordedAt = new Date()
    const usages = items.map(({ event }) => checkRated(event))
    await postUsage(tx, usages.map(toTransfers), recordedAt)
    // A correction is no event: what it corrects was counted when it was first posted.
    const events = usages.filter(({ revision }) => revision === undefined).length
    await countPostings(tx, partition, { events, rejected: 0 })
    return this.postedMessages(usages, recordedAt.toISOString())
  }

  private postedMessages(usages: readonly RatedUsage[], postedAt: string): OutgoingMessage[] {
    return packByPartition(this.bus, ledgerPostedTopic, usages, {
      keyOf: ({ workspace_id }) => workspace_id,
      encode: (posted) => JSON.stringify(toLedgerPosted(posted, postedAt)),
      itemsMax: EVENTS_PER_RECORD_MAX,
    })
  }

  private async deadLetter(tx: Queryable, { record, item, error }: FailedItem<RatedItem>): Promise<OutgoingMessage> {
    this.log.error(
      { partition: record.partition, offset: String(record.offset), err: error },
      'a rated event cannot be posted',
    )
    await countPostings(tx, record.partition, { events: 0, rejected: 1 })
    return toDeadLetter(record, item, error, new Date().toISOString())
  }
}

function toLedgerPosted(usages: readonly RatedUsage[], postedAt: string): LedgerPosted {
  return {
    posted_at: postedAt,
    events: usages.map(({ workspace_id, source, id, price_nanos, revision }) => ({
      workspace_id,
      source,
      id,
      price_nanos,
      ...(revision === undefined ? {} : { revision }),
    })),
  }
}
