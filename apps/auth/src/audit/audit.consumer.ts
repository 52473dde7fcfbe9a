import { createHash } from 'node:crypto'
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus, consumeExactlyOnce, type ExactlyOnceSubscription, type LogRecord } from '@portitor/bus'
import { type AuditRecorded, auditRecordedSchema, auditRecordedTopic } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { HealthRegistry, Log } from '@portitor/service'
import { appendAudit } from './audit.store.ts'

const CONSUMER = 'auth.audit'
/** The heads of the chains stay locked for a batch, and calls of the same workspaces wait for them. */
const entriesPerBatchMax = 200

/** audit.recorded → the hash chains, exactly once in effect (C-1). */
@Injectable()
export class AuditConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: ExactlyOnceSubscription | undefined

  constructor(
    @Inject(Database) readonly database: Database,
    @Inject(Bus) readonly bus: Bus,
    @Inject(HealthRegistry) readonly health: HealthRegistry,
    @Inject(Log) readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await consumeExactlyOnce<AuditRecorded>(this.bus, this.database, {
      consumer: CONSUMER,
      topic: auditRecordedTopic,
      itemsPerBatchMax: entriesPerBatchMax,
      decode: readEntry,
      handle: async (tx, entries) => {
        await appendAudit(tx, entries)
        return []
      },
      // What the table cannot hold comes back as an entry about itself: nothing of the log is lost silently.
      deadLetter: (_tx, { record }) => ({
        topic: auditRecordedTopic,
        key: null,
        value: JSON.stringify(unreadableEntry(record)),
      }),
      alarm: (text) => this.log.error({ consumer: CONSUMER }, text),
    })
    this.health.register(CONSUMER, async () => this.#subscription?.trouble())
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.close()
  }
}

function readEntry(record: LogRecord): AuditRecorded[] {
  try {
    return [auditRecordedSchema.parse(JSON.parse(record.value!.toString()))]
  } catch {
    return [unreadableEntry(record)]
  }
}

/** Says that there was a record which is no entry, and which: by place, length and hash, as nobody knows what stands in it. */
function unreadableEntry(record: LogRecord): AuditRecorded {
  const value = record.value ?? Buffer.alloc(0)
  return {
    id: idOf(record),
    at: new Date(record.timestampMs).toISOString(),
    workspace_id: null,
    service: 'auth',
    actor: { kind: 'system', id: null, credential_id: null, on_behalf_of: [] },
    action: 'audit.unreadable',
    target: `${record.topic}/${record.partition}/${record.offset}`,
    before: null,
    after: { bytes: value.length, sha256: createHash('sha256').update(value).digest('hex') },
    address: null,
    request_id: null,
    outcome: 'failed',
    code: null,
  }
}

/** The same record gets the same id, so that reading it twice records it once. */
function idOf({ topic, partition, offset }: LogRecord): string {
  const hex = createHash('sha256').update(`${topic}/${partition}/${offset}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
