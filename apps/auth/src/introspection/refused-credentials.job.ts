import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Database } from '@portitor/postgres'
import { Log } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { appendAudit } from '../audit/audit.store.ts'
import { RefusalCounts, toRefusedEntry } from './refusal-counts.ts'

const intervalMs = 60_000

/** Writes refused credentials into the audit log: at most one entry per source and minute, with the count (I-3). */
@Injectable()
export class RefusedCredentialsJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #counts = new RefusalCounts()
  #timer: NodeJS.Timeout | undefined

  constructor(
    @Inject(Database) readonly database: Database,
    @Inject(Log) readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.flush(), intervalMs)
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  refused(address: string, code: string): void {
    this.#counts.add(address, code)
  }

  /** What cannot be written stays counted for the next time. */
  async flush(): Promise<void> {
    const taken = this.#counts.take()
    if (taken.length === 0) return
    const at = new Date()
    try {
      await this.database.transaction((tx) =>
        appendAudit(
          tx,
          taken.map((count) => toRefusedEntry(count, uuidv7(), at)),
        ),
      )
    } catch (error) {
      this.log.error({ err: error }, 'refused credentials could not be written into the audit log')
      for (const { source, codes } of taken)
        for (const [code, times] of Object.entries(codes)) this.#counts.add(source, code, times)
    }
  }
}
