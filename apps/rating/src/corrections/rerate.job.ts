import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus, isRetriable } from '@portitor/bus'
import { Database, type Queryable } from '@portitor/postgres'
import { Log } from '@portitor/service'
import { joinTurn } from '../periods/turn.ts'
import { correctAlone } from './correct-alone.ts'
import { nextBatch, standingLines } from './explained-lines.store.ts'
import { advanceRerating, beginRerating, endRerating, findRunning, type Rerating } from './reratings.store.ts'
import { Restater } from './restater.ts'

/** How long a re-rating that another process asked for may wait. */
const lookEveryMs = 2_000
const retryAfterMs = 1_000
const failuresMax = 5

/**
 * Works on re-ratings, one batch of explanations in a transaction: its corrections and how far it is are one commit, so a
 * killed one goes on where it was and nothing is corrected twice. One after the other, in the order in which they were asked
 * for, so of two of one range the later holds. Replicas share the work batch by batch.
 */
@Injectable()
export class RerateJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #closed = false

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Restater) private readonly restater: Restater,
    @Inject(Log) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.wake(), lookEveryMs)
    this.wake()
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#running
  }

  /** Begins to work, unless it does already. */
  wake(): void {
    this.#running ??= this.#work().finally(() => (this.#running = undefined))
  }

  async #work(): Promise<void> {
    for (let failures = 0; !this.#closed;) {
      let current: Rerating | undefined
      try {
        const done = await this.database.transaction(async (tx) => {
          await correctAlone(tx)
          const now = await joinTurn(tx)
          current = await findRunning(tx)
          return current === undefined || (await this.#step(tx, current, now))
        })
        this.bus.committed()
        failures = 0
        if (done && current === undefined) return
      } catch (err) {
        // What may go away by itself is waited for, however long: the range is half corrected until then.
        if (!isRetriable(err)) failures += 1
        this.log.error({ err, rerating: current?.rerating_id }, 'a step of a re-rating failed')
        if (failures >= failuresMax) return this.#giveUp(current, err)
        await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
      }
    }
  }

  /** Answers whether that was the last. */
  async #step(tx: Queryable, rerating: Rerating, now: Date): Promise<boolean> {
    const wanted = {
      workspaceId: rerating.only_workspace ?? undefined,
      fromMs: rerating.from_time.getTime(),
      toMs: rerating.to_time.getTime(),
    }
    const { batch, last } = await beginRerating(tx, rerating)
    const found = await nextBatch(tx, { batch, last }, wanted)
    if (found === undefined) {
      await endRerating(tx, rerating.rerating_id, null, now)
      return true
    }
    const standing = await standingLines(tx, found.lines, wanted)
    const { fixed, reason } = rerating
    const { corrected, refused, priceNanos, costNanos } = await this.restater.restate(
      tx,
      standing.map((stands) => ({ stands })),
      { fixed, reason, now },
    )
    const nextBatchId = found.batch + 1n
    await advanceRerating(tx, rerating.rerating_id, {
      nextBatch: nextBatchId,
      events: standing.length,
      corrected,
      refused,
      priceNanos,
      costNanos,
    })
    return false
  }

  async #giveUp(rerating: Rerating | undefined, err: unknown): Promise<void> {
    if (rerating === undefined) return
    const error = err instanceof Error ? err.message : String(err)
    await this.database
      .transaction((tx) => endRerating(tx, rerating.rerating_id, error, new Date()))
      .catch((failed: unknown) => this.log.error({ err: failed }, 'a failed re-rating could not be marked so'))
  }
}
