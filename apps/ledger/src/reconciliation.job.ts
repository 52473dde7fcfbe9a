import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database } from '@portitor/postgres'
import { Log, Peers } from '@portitor/service'
import { reconcile } from './reconcile.ts'
import { lastRunAt, storeReconciliation } from './reconciliations.store.ts'

export const RECONCILIATION_INTERVAL_MS = Symbol('reconciliation interval in ms')

/** Reconciles on schedule, keeps the result and raises an alarm on a difference (L-11). */
@Injectable()
export class ReconciliationJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Peers) private readonly peers: Peers,
    @Inject(Log) private readonly log: Log,
    @Inject(RECONCILIATION_INTERVAL_MS) private readonly intervalMs: number,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.run(new Date()).finally(() => (this.#running = undefined))
    }, this.intervalMs)
    this.#timer.unref()
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  /** One run, unless another replica has just done it. Never throws: a run that fails is an alarm too. */
  async run(now: Date): Promise<void> {
    try {
      const last = await lastRunAt(this.database)
      if (last !== undefined && now.getTime() - last.getTime() < this.intervalMs >> 1) return
      const result = await reconcile(this.database, this.bus.partitions, this.peers)
      await this.database.transaction((tx) => storeReconciliation(tx, now, result))
      if (result.differences.length > 0)
        this.log.error({ differences: result.differences }, 'ALARM: reconciliation found differences')
      else if (!result.ok) this.log.warn({ pending: result.pending }, 'analytics is behind the ledger')
      else this.log.info({ posted: result.posted }, 'reconciled')
    } catch (err) {
      this.log.error({ err }, 'ALARM: reconciliation could not run')
    }
  }
}
