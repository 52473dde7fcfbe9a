import { busMigrations, EmbeddedBus } from '@portitor/bus'
import {
  type AuditRecorded,
  auditRecordedSchema,
  auditRecordedTopic,
  bookVersionDetailSchema,
  catalogEndpoints,
  ratingEndpoints,
} from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, type Service } from '@portitor/service'
import { describeWith, freshDatabase } from '@portitor/testing'
import { v7 as uuidv7 } from 'uuid'
import { catalogFixture } from './catalog.fixture.ts'
import { RatingModule, ratingMigrations } from '../index.ts'
import { insertRejections } from '../rejections/rejections.store.ts'

const operatorKey = 'an operator key of at least 32 characters'
const books = '/api/v1/pricing/books'

describeWith(['postgres'], 'what rating tells the audit log', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let bus: EmbeddedBus
  let service: Service

  beforeAll(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
    database = new Database({ url: server.url, connectionsMax: 8, applicationName: 'spec' })
    bus = new EmbeddedBus(database, { partitions: 2 })
    await bus.start()
    service = await boot('1.30')
  })
  const boot = (markup: string) =>
    bootService({
      name: 'rating',
      module: RatingModule.with({ database, bus, ...catalogFixture, markup }),
      endpoints: [...catalogEndpoints, ...ratingEndpoints],
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'rating', level: 'silent' }),
    })
  afterAll(async () => {
    await service.close()
    await bus.close()
    await database.close()
    await server.drop()
  })

  async function call(method: 'GET' | 'POST', path: string, body?: unknown, { url } = service) {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { apikey: operatorKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  /** The entries that `work` led to. */
  async function toldBy(work: () => Promise<void>): Promise<AuditRecorded[]> {
    const from = (await bus.ranges(auditRecordedTopic)).map(({ high }) => high)
    await work()
    const entries: AuditRecorded[] = []
    const ranges = (await bus.ranges(auditRecordedTopic)).entries()
    const stretches = new Map(
      [...ranges].map(([partition, { high }]) => [partition, { from: from[partition]!, to: high }]),
    )
    await bus.read(auditRecordedTopic, stretches, (record) => {
      entries.push(auditRecordedSchema.parse(JSON.parse(record.value!.toString())))
    })
    return entries
  }

  it('C-1 each change of a book, in its commit: who, what, and what it is now', async () => {
    let [drafted, rolledBack] = [0, 0]
    const entries = await toldBy(async () => {
      const { content } = bookVersionDetailSchema.parse((await call('GET', `${books}/price/versions/1`)).body)
      const later = { ...content, effective_from: '2099-01-01T00:00:00.000Z' }
      const draft = await call('POST', `${books}/price/versions`, { note: 'a change', content: later })
      drafted = draft.body['version'] as number
      await call('POST', `${books}/price/versions/${drafted}/publish`)
      rolledBack = (await call('POST', `${books}/price/versions/1/rollback`)).body['version'] as number
      // What is refused changes nothing.
      await call('POST', `${books}/price/versions/${drafted}/publish`)
      await call('POST', `${books}/price/versions/999/publish`)
    })
    expect(entries.map(({ action, target }) => `${action} ${target}`)).toEqual([
      `book.drafted book:price/${drafted}`,
      `book.published book:price/${drafted}`,
      `book.rolled_back book:price/${rolledBack}`,
    ])
    expect(entries[1]).toMatchObject({
      service: 'rating',
      workspace_id: null,
      actor: { kind: 'operator', id: 'operator', credential_id: null, on_behalf_of: [] },
      after: { book: 'price', version: drafted, status: 'published' },
      outcome: 'done',
    })
    expect(JSON.stringify(entries)).not.toContain(operatorKey)
  })

  it('C-1 each draft of an import, and nothing where none was made', async () => {
    const dearer = await boot('2.00')
    const entries = await toldBy(async () => {
      await call('POST', `${books}/import`, undefined, dearer)
      await call('POST', `${books}/import`, undefined, dearer)
    })
    await dearer.close()
    expect(entries).toMatchObject([{ action: 'book.imported', target: expect.stringMatching(/^book:price\/\d+$/) }])
  })

  it('C-1 a meter when it is made, and not when it was there', async () => {
    const meter = { name: 'audited', unit: 'calls', event_type: 'audited', aggregation: 'count', dimensions: [] }
    const entries = await toldBy(async () => {
      await call('POST', '/api/v1/meters', meter)
      await call('POST', '/api/v1/meters', meter)
    })
    expect(entries).toMatchObject([{ action: 'meter.created', target: 'meter:audited', after: meter }])
  })

  it('C-1 a replay, in the log of the workspace whose event it is', async () => {
    const [workspace_id, rejection_id] = [uuidv7(), uuidv7()]
    await insertRejections(database, [
      {
        rejection_id,
        workspace_id,
        source: 'spec',
        id: 'e',
        reason: { code: 'model.unknown', detail: 'no such model' },
        rejected_at: new Date().toISOString(),
        rejected_by: 'rating',
        origin: { topic: 'portitor.usage.recorded.v1', partition: 0, offset: '0', index: 0 },
        event: '{}',
        encoding: 'json',
      },
    ])
    const entries = await toldBy(async () => {
      expect((await call('POST', `/api/v1/metering/rejected/${rejection_id}/replay`, {})).status).toBe(202)
      expect((await call('POST', `/api/v1/metering/rejected/${rejection_id}/replay`, {})).status).toBe(409)
    })
    expect(entries).toMatchObject([
      { action: 'rejection.replayed', target: `rejection:${rejection_id}`, workspace_id, after: { corrected: false } },
    ])
  })
})
