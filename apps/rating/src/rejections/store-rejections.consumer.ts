import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus, consumeExactlyOnce, type ExactlyOnceSubscription, type LogRecord } from '@portitor/bus'
import { type UsageRejected, usageRejectedSchema, usageRejectedTopic } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { HealthRegistry } from '@portitor/service'
import { insertRejections } from './rejections.store.ts'
import { toLetter, unreadableLetter } from './unreadable-letter.ts'

/** usage.rejected → the table behind `GET /metering/rejected`, whichever service refused the event (M-7). */
@Injectable()
export class StoreRejectionsConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: ExactlyOnceSubscription | undefined

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await consumeExactlyOnce<UsageRejected>(this.bus, this.database, {
      consumer: 'rating.rejections',
      topic: usageRejectedTopic,
      decode: readLetters,
      handle: async (tx, letters) => {
        await insertRejections(tx, letters)
        return []
      },
      // What the table cannot hold as it is goes back in a form it can: as bytes.
      deadLetter: (_tx, { record }) => toLetter(record, unreadable),
    })
    this.health.register('rating.rejections', async () => this.#subscription?.trouble())
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.close()
  }
}

/** A letter that is no letter is kept as one about itself, so that nothing in the topic is lost. */
function readLetters(record: LogRecord): UsageRejected[] {
  try {
    return [usageRejectedSchema.parse(JSON.parse(record.value!.toString()))]
  } catch {
    return [unreadableLetter(record, unreadable)]
  }
}

const unreadable = {
  code: 'rejection.unreadable',
  detail: 'a record of usage.rejected that is no dead letter, or one that cannot be stored',
}
