import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { Database } from '@portitor/postgres'
import { Log } from '@portitor/service'
import { ImportProviderPricesJob } from '../imports/import-provider-prices.job.ts'
import { auditVersionsOfSystem } from '../versions/audit-versions.ts'
import { claimRun, isDue } from './job-runs.store.ts'

/** The injection token of `PORTITOR_PRICE_IMPORT_HOURS`; 0: never. */
export const PRICE_IMPORT_HOURS = Symbol('how often provider prices are imported')

const job = 'price_import'
const hourMs = 3_600_000

/**
 * Imports provider prices on schedule: where the installed package says something new, it leaves drafts, and never
 * publishes one. Of several replicas one does it. It looks every hour at most, so that a start after an update of the
 * package is noticed on the same day.
 */
@Injectable()
export class ImportScheduleJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(ImportProviderPricesJob) private readonly importer: ImportProviderPricesJob,
    @Inject(Log) private readonly log: Log,
    @Inject(PRICE_IMPORT_HOURS) private readonly hours: number,
  ) {}

  onApplicationBootstrap(): void {
    if (this.hours === 0) return
    this.#timer = setInterval(() => {
      this.#running ??= this.run(new Date()).finally(() => (this.#running = undefined))
    }, hourMs)
    this.#timer.unref()
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  /** One run, unless it is not due. Never throws: what fails is tried again an hour later, since its claim is undone with it. */
  async run(now: Date): Promise<void> {
    const everyMs = this.hours * hourMs
    try {
      if (!(await isDue(this.database, job, now, everyMs))) return
      const { drafts, source } = await this.importer.importDrafts(now, {
        author: { kind: 'system', id: job },
        claim: (tx) => claimRun(tx, job, now, everyMs),
        imported: (tx, made) => auditVersionsOfSystem(tx, this.bus, 'book.imported', made),
      })
      this.bus.committed()
      const made = drafts.map(({ book, version }) => `${book}/${version}`)
      if (made.length > 0) this.log.warn({ drafts: made, source }, 'new provider prices wait for a review')
    } catch (err) {
      this.log.error({ err }, 'provider prices could not be imported')
    }
  }
}
