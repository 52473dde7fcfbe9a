import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus, consumeExactlyOnce, type ExactlyOnceSubscription, type LogRecord } from '@portitor/bus'
import { type SubscriptionChanged, subscriptionChangedSchema, subscriptionChangedTopic } from '@portitor/contracts'
import { Database, type Queryable } from '@portitor/postgres'
import { HealthRegistry, Log } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { lastRatedTime } from '../corrections/explained-lines.store.ts'
import { insertRerating } from '../corrections/reratings.store.ts'
import { toLetter } from '../rejections/unreadable-letter.ts'
import { takeTurn } from '../periods/turn.ts'
import { storeSubscription } from './subscriptions.store.ts'

/**
 * subscription.changed → the copy that rating reads. A change takes effect later than it is published, so nearly always nothing
 * has been rated by what it replaces. Where something has, because the change arrives late or was backdated, or because an
 * event's time was ahead of its receipt, it is rated again.
 */
@Injectable()
export class StoreSubscriptionsConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: ExactlyOnceSubscription | undefined

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
    @Inject(Log) private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await consumeExactlyOnce<SubscriptionChanged>(this.bus, this.database, {
      consumer: 'rating.subscriptions',
      topic: subscriptionChangedTopic,
      decode: (record) => readChange(record),
      handle: async (tx, changes) => {
        for (const change of changes) await store(tx, change)
        return []
      },
      deadLetter: (_tx, { record, error }) => {
        this.log.error(
          { topic: record.topic, offset: String(record.offset), err: error },
          'no change of a subscription',
        )
        return toLetter(record, {
          code: 'subscription.unreadable',
          detail: `no change of a subscription: ${error.message}`,
        })
      },
    })
    this.health.register('rating.subscriptions', async () => this.#subscription?.trouble())
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.close()
  }
}

async function store(tx: Queryable, { subscription, changed_from }: SubscriptionChanged): Promise<void> {
  // Nobody rates by the old one from here on, and all that was rated by it is there to be rated again.
  await takeTurn(tx)
  const before = await storeSubscription(tx, subscription)
  if (before === undefined) return
  // The topic is compacted: a revision that never came may have changed earlier times than this one says.
  const isNext = before + 1 === subscription.revision
  const from = new Date(isNext ? changed_from : subscription.starts_at)
  const last = await lastRatedTime(tx)
  if (last === undefined || last < from) return
  await insertRerating(tx, uuidv7(), {
    workspaceId: subscription.workspace_id,
    from,
    to: new Date(last.getTime() + 1),
    reason: `subscription ${subscription.id} changed from ${from.toISOString()}, revision ${subscription.revision}`,
    key: `subscription:${subscription.id}:${subscription.revision}`,
  })
}

function readChange(record: LogRecord): SubscriptionChanged[] {
  return [subscriptionChangedSchema.parse(JSON.parse(record.value?.toString() ?? 'null'))]
}
