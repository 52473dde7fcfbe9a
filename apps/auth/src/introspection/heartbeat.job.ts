import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  HEARTBEAT_MS,
  IDENTITY_PARTITION,
  type IdentityChanged,
  identityChangedTopic,
  identityKey,
} from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { Log } from '@portitor/service'

/** A beat that hangs is given up: the next one says the same. */
const beatMsMax = 2_000

/**
 * Says on identity.changed that everything before was sent (I-3). It goes the way of every change, outbox and relay
 * included: where that way is blocked, the beats stop too, and guards ask `auth` for every call.
 */
@Injectable()
export class HeartbeatJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined
  #beat: Promise<void> | undefined
  #failing = false

  constructor(
    @Inject(Database) readonly database: Database,
    @Inject(Bus) readonly bus: Bus,
    @Inject(Log) readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const tick = () => {
      // Under way still: beats that queue up would speak for a time that is over.
      this.#beat ??= this.beat().finally(() => (this.#beat = undefined))
    }
    tick()
    this.#timer = setInterval(tick, HEARTBEAT_MS)
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer)
    await this.#beat
  }

  private async beat(): Promise<void> {
    try {
      await this.database.transaction(async (tx) => {
        await tx.query(`set local statement_timeout = ${beatMsMax}`)
        const record: IdentityChanged = { kind: 'heartbeat', at: new Date().toISOString() }
        await this.bus.publish(tx, [
          {
            topic: identityChangedTopic,
            key: identityKey(record),
            value: JSON.stringify(record),
            partition: IDENTITY_PARTITION,
          },
        ])
      })
      this.bus.committed()
      if (this.#failing) this.log.info({}, 'heartbeats are published again')
      this.#failing = false
    } catch (err) {
      // Once per outage: three lines a second would hide what else the log says.
      if (!this.#failing) this.log.error({ err }, 'heartbeats cannot be published: guards ask for every call')
      this.#failing = true
    }
  }
}
