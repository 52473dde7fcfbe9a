import { busMigrations, EmbeddedBus } from '@portitor/bus'
import {
  type AuditRecorded,
  auditRecordedSchema,
  auditRecordedTopic,
  catalogEndpoints,
  importYamlAnswerSchema,
  ratingEndpoints,
} from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, type Service } from '@portitor/service'
import { describeWith, freshDatabase } from '@portitor/testing'
import { catalogFixture } from '../catalog/catalog.fixture.ts'
import { RatingModule, ratingMigrations } from '../index.ts'

const operatorKey = 'an operator key of at least 32 characters'
const books = '/api/v1/pricing/books'

describeWith(['postgres'], 'the import of YAML', () => {
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
    service = await bootService({
      name: 'rating',
      module: RatingModule.with({ database, bus, ...catalogFixture }),
      endpoints: [...catalogEndpoints, ...ratingEndpoints],
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'rating', level: 'silent' }),
    })
  })
  afterAll(async () => {
    await service.close()
    await bus.close()
    await database.close()
    await server.drop()
  })

  async function send(body: string, type = 'application/yaml') {
    const answer = await fetch(`${service.url}${books}/price/import_yaml`, {
      method: 'POST',
      headers: { apikey: operatorKey, 'content-type': type },
      body,
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

  it('R-6 makes a draft with its diff, told to the audit log, and names what it leaves out', async () => {
    const entries = await toldBy(async () => {
      const yaml =
        'version: 1\nmodels: {gpt-4o: {input_tiers: [{rate_per_1k: 0.030}]}}\nquotas: {free: {daily_limit: 5}}'
      const { status, body } = await send(yaml)
      expect(status).toBe(201)
      const answer = importYamlAnswerSchema.strict().parse(body)
      expect(answer.draft).toMatchObject({ version: 2, status: 'draft', source: 'YAML version 1' })
      expect(answer.diff).toMatchObject({ from: 1, to: 2, removed: 0 })
      expect(answer.diff.data.find(({ what }) => what === 'gpt_4o_input: rate')).toMatchObject({
        after: '0.03 per 1000',
      })
      expect(answer.ignored).toMatchObject([{ field: 'quotas.free.daily_limit', value: '5' }])
    })
    expect(entries).toMatchObject([{ action: 'book.imported_yaml', target: 'book:price/2', workspace_id: null }])
  })

  it('R-6 refuses a wrong file as a whole, naming the path or the line', async () => {
    const wrong = await send('models: {gpt-4: {input_tiers: [{limit: 5, rate_per_1k: 1}, {limit: 4, rate_per_1k: x}]}}')
    expect(wrong).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ field: 'models.gpt-4.input_tiers[1].rate_per_1k' }] },
    })
    expect(await send('a: *b')).toMatchObject({ status: 400, body: { code: 'request.malformed_yaml' } })
    expect(await send('models: {}', 'application/json')).toMatchObject({ status: 415 })
    expect(await send(`# ${'x'.repeat(1_048_576)}`)).toMatchObject({ status: 413, body: { code: 'request.too_large' } })
  })
})
