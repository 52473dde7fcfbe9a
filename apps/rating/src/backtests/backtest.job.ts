import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Database } from '@portitor/postgres'
import { Log } from '@portitor/service'
import { v4 as uuid } from 'uuid'
import { AnalyticsClient } from './analytics.client.ts'
import {
  endBacktest,
  keepLease,
  leaseBacktest,
  nextWorkspace,
  planWorkspaces,
  releaseLeases,
  type StoredBacktest,
  storeFailed,
  storeReplayed,
} from './backtests.store.ts'
import { Replay, type Replayed } from './replay.ts'
import { type UnderTest, VersionsUnderTest } from './versions-under-test.ts'
import { isOfWholePeriods } from './whole-periods.ts'

/** How long a back-test that another process asked for may wait. */
const lookEveryMs = 2_000
const retryAfterMs = 1_000
const failuresMax = 10
const workspacesMax = 100_000

/** It was cancelled, or another process has taken it over, or this one is stopping. */
class Stopped extends Error {
  override readonly name = 'Stopped'
}

/**
 * Works on back-tests, one at a time and one workspace after the other; a workspace counts once all of it is replayed, so a
 * killed one goes on with the workspace it was at. Counters are this process's memory alone, and nothing is published.
 */
@Injectable()
export class BacktestJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #worker = uuid()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #closed = false

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AnalyticsClient) private readonly analytics: AnalyticsClient,
    @Inject(VersionsUnderTest) private readonly versions: VersionsUnderTest,
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
    await releaseLeases(this.database, this.#worker).catch((err: unknown) =>
      this.log.warn({ err }, 'the back-test in hand is free for others after its lease only'),
    )
  }

  /** Begins to work, unless it does already. */
  wake(): void {
    this.#running ??= this.#work().finally(() => (this.#running = undefined))
  }

  async #work(): Promise<void> {
    for (let failures = 0; !this.#closed;) {
      let current: StoredBacktest | undefined
      try {
        current = await leaseBacktest(this.database, this.#worker)
        if (current === undefined) return
        await this.#run(current, () => (failures = 0))
      } catch (err) {
        if (err instanceof Stopped) continue
        failures += 1
        this.log.error({ err, backtest: current?.backtest_id }, 'a step of a back-test failed')
        if (failures >= failuresMax) {
          await this.#giveUp(current, err)
          return
        }
        await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
        await releaseLeases(this.database, this.#worker).catch(() => undefined)
      }
    }
  }

  /** `progressed`: a workspace is done, so what failed before has passed. */
  async #run(backtest: StoredBacktest, progressed: () => void): Promise<void> {
    const { backtest_id: id, asked } = backtest
    const under = await this.versions.find(this.database, asked)
    if (!sameRevisions(backtest, under)) {
      const error = 'a draft under test was changed: ask for another back-test'
      await endBacktest(this.database, id, { status: 'failed', error, at: new Date() })
      return
    }
    if (!backtest.planned) await this.#plan(backtest)
    for (;;) {
      const workspaceId = await nextWorkspace(this.database, id)
      if (workspaceId === undefined) break
      await this.#replay(backtest, under, workspaceId)
      progressed()
    }
    await endBacktest(this.database, id, { status: 'done', error: null, at: new Date() })
  }

  async #plan({ backtest_id: id, asked }: StoredBacktest): Promise<void> {
    const expected = await this.analytics.workspaces(asked, asked.workspace_ids, workspacesMax)
    await this.database.transaction((tx) => planWorkspaces(tx, id, expected))
  }

  async #replay(backtest: StoredBacktest, under: UnderTest, workspaceId: string): Promise<void> {
    const { backtest_id: id, asked } = backtest
    const context = await this.versions.contextOf(this.database, asked, under, workspaceId)
    const range = { fromMs: Date.parse(asked.from), toMs: Date.parse(asked.to) }
    const replay = new Replay(context)
    let looked = 0
    let cursor: string | null | undefined
    while (cursor !== null) {
      if (this.#closed || !(await keepLease(this.database, id, this.#worker, looked))) throw new Stopped()
      const { events, next } = await this.analytics.events(asked, workspaceId, cursor)
      const failed = attempt(() => replay.add(events))
      if (failed !== undefined) return storeFailed(this.database, id, workspaceId, failed)
      looked += events.length
      cursor = next
    }
    let replayed: Replayed | undefined
    const failed = attempt(() => (replayed = replay.end()))
    if (replayed === undefined) return storeFailed(this.database, id, workspaceId, failed!)
    const whole = isOfWholePeriods(workspaceId, range, context.subscriptions)
    const found = replayed
    await this.database.transaction((tx) => storeReplayed(tx, { id, workspaceId }, found, whole))
  }

  async #giveUp(backtest: StoredBacktest | undefined, err: unknown): Promise<void> {
    if (backtest === undefined) return
    const error = err instanceof Error ? err.message : String(err)
    await endBacktest(this.database, backtest.backtest_id, { status: 'failed', error, at: new Date() }).catch(
      (failed: unknown) => this.log.error({ err: failed }, 'a failed back-test could not be marked so'),
    )
  }
}

/** What cannot be priced at all concerns its workspace and not the others. */
function attempt(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function sameRevisions({ revisions: asked }: StoredBacktest, { revisions: found }: UnderTest): boolean {
  return (['price', 'cost', 'plan'] as const).every((name) => asked[name] === found[name])
}
