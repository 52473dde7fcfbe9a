import { Controller, Get, Module } from '@nestjs/common'
import { busMigrations, EmbeddedBus } from '@portitor/bus'
import {
  catalogChangedTopic,
  ingestionEndpoints,
  type Meter,
  type Problem,
  type RecordAnswer,
  recordAnswerSchema,
  serviceEndpoints,
  usageRecordedSchema,
  usageRecordedTopic,
} from '@portitor/contracts'
import { decodeRecord, indexMeters, judgeEvent } from '@portitor/metering'
import { Database, migrate } from '@portitor/postgres'
import { bootService, compareRoutes, createLog, Query, ProblemException, type Service } from '@portitor/service'
import { describeWith, freshDatabase } from '@portitor/testing'
import { z } from 'zod'
import { IngestionModule } from './index.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
const workspace = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const other = '0199c1d2-7b3a-7c4e-9d21-000000000000'
const sum = (event_type: string, name: string, part_of?: string): Meter => ({
  name,
  unit: 'unit',
  event_type,
  aggregation: 'sum',
  value: name,
  ...(part_of === undefined ? {} : { part_of }),
  dimensions: [],
})
const meters = [
  sum('tokens.consumed', 'input_tokens'),
  sum('tokens.consumed', 'cached_input_tokens', 'input_tokens'),
  sum('tokens.consumed', 'output_tokens'),
]

/** What rating would say of an id; it is another service, so only its contract stands here. */
const statuses = new Map<string, string>()
@Controller('/api/v1/metering/events')
class RatingStand {
  @Get()
  find(@Query(z.object({ source: z.string(), id: z.string() })) { id }: { source: string; id: string }) {
    const status = statuses.get(id)
    if (status === undefined) throw new ProblemException(404, 'event.not_seen', 'not seen yet')
    return { id, status }
  }
}

describeWith(['postgres'], 'POST /api/v1/metering/events', () => {
  let fresh: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let bus: EmbeddedBus
  let service: Service

  const open = async () => {
    bus = new EmbeddedBus(database, { partitions: 4 })
    await bus.start()
    @Module({ imports: [IngestionModule.with({ bus })], controllers: [RatingStand] })
    class Both {}
    service = await bootService({
      name: 'ingestion',
      module: Both,
      endpoints: ingestionEndpoints,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'ingestion', level: 'silent' }),
    })
  }
  const close = async () => {
    await service.close()
    await bus.close()
  }
  const publishMeters = () =>
    bus.append(
      meters.map((meter) => ({
        topic: catalogChangedTopic,
        key: `meter:${meter.name}`,
        value: JSON.stringify({ kind: 'meter', meter }),
      })),
    )
  const untilReady = async () => {
    while ((await fetch(`${service.url}/health/ready`)).status !== 200)
      await new Promise((done) => setTimeout(done, 20))
  }

  beforeAll(async () => {
    fresh = await freshDatabase()
    await migrate(fresh.url, 'bus', busMigrations)
    database = new Database({ url: fresh.url, connectionsMax: 6, applicationName: 'spec' })
    await open()
  })
  afterAll(async () => {
    await close()
    await database.close()
    await fresh.drop()
  })

  const post = async <Body = RecordAnswer & Problem>(
    body: unknown,
    headers: Record<string, string> = { 'x-workspace-id': workspace },
  ) => {
    const response = await fetch(`${service.url}/api/v1/metering/events`, {
      method: 'POST',
      headers: { apikey: operatorKey, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body }
  }
  /** Every event in the log, as a consumer decodes it, with the partition it stands in. */
  const logged = async () => {
    const events: { partition: number; event: Record<string, unknown> }[] = []
    const ranges = await bus.ranges(usageRecordedTopic)
    const stretches = new Map(ranges.map(({ low, high }, partition) => [partition, { from: low, to: high }]))
    await bus.read(usageRecordedTopic, stretches, (record) => {
      const decoded = decodeRecord(record)
      if ('refused' in decoded) throw new Error(decoded.refused.detail)
      for (const event of decoded.events)
        events.push({ partition: record.partition, event: event as Record<string, unknown> })
    })
    return events
  }
  const loggedUnder = async (id: string) => (await logged()).filter(({ event }) => event['id'] === id)
  let last = 0
  const freshId = () => `id-${(last += 1)}`
  const usage = (fields: object = {}, data: object = {}) => ({
    specversion: '1.0',
    id: freshId(),
    source: 'spec',
    type: 'tokens.consumed',
    ...fields,
    data: { model: 'gpt-4o', input_tokens: 1200, output_tokens: 300, ...data },
  })

  it('M-3 O-6 is not ready and answers 503 until it knows the meters, and refuses nothing for want of them', async () => {
    const ready = await fetch(`${service.url}/health/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.text()).toContain('ingestion.meters')
    const { status, body, headers } = await post(usage())
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'meters.loading', '1'])
    await publishMeters()
    await untilReady()
    expect((await post(usage())).status).toBe(202)
  })

  it('X-4 serves what it declares', () => {
    const stand = { method: 'GET', path: '/api/v1/metering/events', open: false }
    const own = service.routes.filter(({ method, path }) => `${method} ${path}` !== `${stand.method} ${stand.path}`)
    expect(compareRoutes(own, [...ingestionEndpoints, ...serviceEndpoints])).toEqual({ undeclared: [], missing: [] })
  })

  it('M-5 what was answered 202 is in the log: stamped with workspace and time of receipt, else as it was sent', async () => {
    const sent = usage(
      { time: '2026-01-02T03:04:05Z', traceparent: '00-a-b-01' },
      { metadata: { a: [1, { b: null }] } },
    )
    const { status, body } = await post(sent)
    expect(status).toBe(202)
    expect(recordAnswerSchema.parse(body)).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: 0,
      results: [{ index: 0, id: sent.id, status: 'accepted' }],
    })
    const [found] = await loggedUnder(sent.id)
    const { portitorreceived, ...event } = found!.event
    expect(event).toEqual({ ...sent, subject: workspace })
    expect(Math.abs(Date.now() - Date.parse(portitorreceived as string))).toBeLessThan(60_000)
    expect(found!.partition).toBe(bus.partitionOf(workspace))
    expect(usageRecordedSchema.safeParse(found!.event).success).toBe(true)
  })

  it('M-1 takes all four forms, and the same event is the same in each of them', async () => {
    const sent = usage()
    const { data, ...attributes } = sent
    const ce = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value as string]))
    const headers = { 'x-workspace-id': workspace }
    const structured = await post(sent, { ...headers, 'content-type': 'application/cloudevents+json' })
    const batch = await post([sent], { ...headers, 'content-type': 'application/cloudevents-batch+json' })
    const binary = await post(data, { ...headers, ...ce })
    const list = await post([sent, { ...sent }])
    expect([structured, batch, binary, list].map(({ status }) => status)).toEqual([202, 202, 202, 202])
    expect(structured.body.accepted).toBe(1)
    expect([batch, binary, list].map(({ body }) => body.duplicates)).toEqual([1, 1, 2])
    const plain = {
      event_type: 'tokens.consumed',
      quantity: 7,
      metadata: { model: 'gpt-4o' },
      idempotency_key: freshId(),
    }
    expect((await post(plain)).body.accepted).toBe(1)
    expect((await post(plain)).body.duplicates).toBe(1)
    const [found] = await loggedUnder(plain.idempotency_key)
    expect(found!.event).toMatchObject({ source: 'portitor/plain', data: { model: 'gpt-4o', input_tokens: 7 } })
  })

  it('M-1 gives a plain event an id where it has none, and tells it', async () => {
    const plain = { event_type: 'tokens.consumed', quantity: 7, metadata: { model: 'gpt-4o' } }
    const { body } = await post([plain, plain])
    expect(body.accepted).toBe(2)
    const [one, two] = body.results.map(({ id }) => id!)
    expect(one).not.toBe(two)
    expect(await loggedUnder(one!)).toHaveLength(1)
  })

  it('M-1 takes the workspace of each event from its subject where the credential names none', async () => {
    const mine = usage({ subject: workspace })
    const theirs = usage({ subject: other })
    const { body } = await post([mine, theirs, usage()], {})
    expect(body.results.map(({ status, code }) => code ?? status)).toEqual([
      'accepted',
      'accepted',
      'workspace.missing',
    ])
    expect((await loggedUnder(mine.id))[0]!.partition).toBe(bus.partitionOf(workspace))
    expect((await loggedUnder(theirs.id))[0]!.partition).toBe(bus.partitionOf(other))
    const contradiction = await post(usage({ subject: other }))
    expect([contradiction.status, contradiction.body.code]).toEqual([400, 'workspace.contradiction'])
  })

  it('M-6 one bad event never blocks the others, and the answer says which, where and why', async () => {
    const good = usage()
    const bad = usage({}, { input_tokens: -1 })
    const { status, body } = await post([bad, good, 'nonsense', usage({ time: '2999-01-01T00:00:00Z' })])
    expect(status).toBe(202)
    expect(body).toMatchObject({ accepted: 1, duplicates: 0, rejected: 3 })
    expect(body.results.map(({ index, id, code, field }) => [index, id, code, field])).toEqual([
      [0, bad.id, 'quantity.malformed', 'data.input_tokens'],
      [1, good.id, undefined, undefined],
      [2, null, 'event.not_object', undefined],
      [3, expect.any(String), 'time.in_future', 'time'],
    ])
    expect(await loggedUnder(good.id)).toHaveLength(1)
    expect(await loggedUnder(bad.id)).toHaveLength(0)
  })

  it('M-6 M-10 where nothing was accepted, answers the first rejection as a problem naming index, field and expectation', async () => {
    const { status, headers, body } = await post([usage({}, { input_tokens: '1e3' }), usage({ id: '' })])
    expect(status).toBe(400)
    expect(headers.get('content-type')).toContain('application/problem+json')
    expect(body).toMatchObject({
      code: 'quantity.malformed',
      index: 0,
      field: 'data.input_tokens',
      accepted: 0,
      duplicates: 0,
      rejected: 2,
    })
    expect(body.detail).toMatch(/data\.input_tokens: expected a whole number/)
    expect(body.results.map(({ code }) => code)).toEqual(['quantity.malformed', 'id.missing'])
  })

  const text = (change: (json: string) => string) => change(JSON.stringify(usage()))
  it.each([
    ['malformed JSON', () => '{"a":', 400, 'request.malformed_json'],
    ['NaN', () => text((json) => json.replace('1200', 'NaN')), 400, 'request.malformed_json'],
    ['an exponent form', () => text((json) => json.replace('1200', '12e2')), 400, 'quantity.malformed'],
    ['a fraction of zeros', () => text((json) => json.replace('1200', '1200.0')), 400, 'quantity.malformed'],
    ['a huge number', () => text((json) => json.replace('1200', '9'.repeat(19))), 400, 'quantity.malformed'],
    ['a negative number', () => usage({}, { input_tokens: -1 }), 400, 'quantity.malformed'],
    ['no id', () => ({ ...usage(), id: undefined }), 400, 'id.missing'],
    ['no source', () => ({ ...usage(), source: undefined }), 400, 'source.missing'],
    ['an unknown meter', () => usage({ type: 'unheard.of' }), 400, 'meter.unknown'],
    ['no model', () => usage({}, { model: undefined }), 400, 'model.missing'],
    ['a future time', () => usage({ time: '2999-01-01T00:00:00Z' }), 400, 'time.in_future'],
    ['an ancient time', () => usage({ time: '2019-12-31T23:59:59Z' }), 400, 'time.too_early'],
    [
      'a part larger than its total',
      () => usage({}, { cached_input_tokens: 1201 }),
      400,
      'quantity.part_exceeds_total',
    ],
    ['an event over 64 KiB', () => usage({}, { free: 'x'.repeat(65_536) }), 413, 'event.too_large'],
    ['1,001 events', () => Array.from({ length: 1_001 }, () => usage()), 413, 'batch.too_large'],
    [
      'a body over 1 MiB',
      () => Array.from({ length: 20 }, () => usage({}, { free: 'x'.repeat(60_000) })),
      413,
      'request.too_large',
    ],
    [
      'bytes that are not UTF-8',
      () => Buffer.from(JSON.stringify(usage({ id: 'é' })), 'latin1'),
      400,
      'request.not_utf8',
    ],
    ['deep nesting', () => `${'['.repeat(9_999)}${']'.repeat(9_999)}`, 400, 'json.too_deep'],
  ])('M-10 refuses %s', async (_name, body, status, code) => {
    const answered = await post(body())
    expect([answered.status, answered.body.code]).toEqual([status, code])
  })

  it('M-10 refuses another media type', async () => {
    const answered = await post(usage(), { 'x-workspace-id': workspace, 'content-type': 'text/plain' })
    expect([answered.status, answered.body.code]).toEqual([415, 'request.unsupported_media_type'])
  })

  it('M-10 an event too large is refused alone', async () => {
    const { status, body } = await post([usage({}, { free: 'x'.repeat(65_536) }), usage()])
    expect([status, body.accepted, body.results[0]!.code]).toEqual([202, 1, 'event.too_large'])
  })

  it('M-10 takes whole numbers beyond 2⁵³ and decimal text without losing a digit', async () => {
    const sent = usage({}, { output_tokens: '0.000000001' })
    await post(JSON.stringify(sent).replace('1200', '900719925474099301'))
    const [found] = await loggedUnder(sent.id)
    const judged = judgeEvent(found!.event, { meters: indexMeters(meters), nowMs: Date.now(), receivedMs: Date.now() })
    if ('rejected' in judged) throw new Error(judged.rejected.detail)
    expect(judged.accepted.quantities.get('input_tokens')).toBe(900_719_925_474_099_301_000_000_000n)
    expect(judged.accepted.quantities.get('output_tokens')).toBe(1n)
  })

  it('M-5 a repeat is answered as duplicate; across requests it goes to the log, where rating settles it', async () => {
    const sent = usage()
    expect((await post([sent, sent])).body).toMatchObject({ accepted: 1, duplicates: 1 })
    expect(await loggedUnder(sent.id)).toHaveLength(1)
    const again = await post(sent)
    expect([again.status, again.body.results[0]!.status]).toEqual([202, 'duplicate'])
    expect(await loggedUnder(sent.id)).toHaveLength(2)
  })

  it('M-5 refuses an id with another payload: in one batch, across requests, with another time', async () => {
    const sent = usage({ time: '2026-01-02T03:04:05Z' })
    const { body } = await post([sent, { ...sent, data: { ...sent.data, input_tokens: 1 } }])
    expect(body.results.map(({ status, code }) => code ?? status)).toEqual(['accepted', 'event.id_conflict'])
    for (const known of [undefined, 'rated', 'posted']) {
      if (known !== undefined) statuses.set(sent.id, known)
      const retimed = await post({ ...sent, time: '2026-01-02T03:04:06Z' })
      expect([retimed.status, retimed.body.code]).toEqual([409, 'event.id_conflict'])
    }
    expect(await loggedUnder(sent.id)).toHaveLength(1)
  })

  it('M-5 a rejected event does not occupy its id: corrected, it is let through', async () => {
    const unpriced = usage({}, { model: 'nobody-knows-this' })
    expect((await post(unpriced)).status).toBe(202)
    statuses.set(unpriced.id, 'rejected')
    const corrected = { ...unpriced, data: { ...unpriced.data, model: 'gpt-4o' } }
    expect((await post(corrected)).body.results[0]!.status).toBe('accepted')
    expect(await loggedUnder(unpriced.id)).toHaveLength(2)
    const refusedHere = usage({}, { input_tokens: -1 })
    await post(refusedHere)
    expect((await post({ ...refusedHere, data: { ...refusedHere.data, input_tokens: 1 } })).body.accepted).toBe(1)
  })

  it('M-5 the same id in another workspace or from another source is another event', async () => {
    const sent = usage()
    await post(sent)
    expect((await post({ ...sent, source: 'elsewhere' })).body.accepted).toBe(1)
    expect((await post(sent, { 'x-workspace-id': other })).body.accepted).toBe(1)
  })

  it('M-5 M-11 nothing is answered 202 while the log does not confirm; sent again, it is there once and no duplicate', async () => {
    await post(usage())
    const blocker = await database.dedicated()
    await blocker.query('begin')
    await blocker.query('select from bus.heads for update')
    const sent = usage()
    const refused = await post(sent)
    await blocker.query('rollback')
    await blocker.end()
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'log.unavailable',
      '2',
    ])
    const again = await post(sent)
    expect([again.status, again.body.results[0]!.status]).toEqual([202, 'accepted'])
    expect(await loggedUnder(sent.id)).toHaveLength(1)
  })

  it('M-5 requests that arrive together are all in the log, each event once', async () => {
    const requests = Array.from({ length: 40 }, () => Array.from({ length: 25 }, () => usage()))
    const answers = await Promise.all(requests.map((events) => post(events)))
    expect(answers.map(({ body }) => body.accepted)).toEqual(requests.map(() => 25))
    const ids = (await logged()).map(({ event }) => event['id'] as string)
    for (const events of requests)
      for (const { id } of events) expect(ids.filter((found) => found === id)).toHaveLength(1)
  })

  it('O-6 a restart forgets repeats but not the meters: a repeat goes to the log, and rating settles it', async () => {
    const sent = usage()
    await post(sent)
    await close()
    await open()
    await untilReady()
    expect((await post(sent)).body.results[0]!.status).toBe('accepted')
    expect(await loggedUnder(sent.id)).toHaveLength(2)
  })

  it('I-3 needs the operator key', async () => {
    expect((await post(usage(), { apikey: 'wrong' })).status).toBe(401)
  })
})
