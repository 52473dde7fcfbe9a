import {
  catalogChangedTopic,
  ingestionEndpoints,
  recordAnswerSchema,
  serviceEndpoints,
  usageRecordedSchema,
} from '@portitor/contracts'
import { indexMeters, judgeEvent } from '@portitor/metering'
import { compareRoutes } from '@portitor/service'
import { describeWith } from '@portitor/testing'
import { IngestionWorld, meters, otherWorkspace, usage, workspace } from './ingestion-world.fixture.ts'

describeWith(['postgres'], 'POST /api/v1/metering/events', () => {
  let world: IngestionWorld
  beforeAll(async () => {
    world = await IngestionWorld.start()
  })
  afterAll(() => world.end())

  it('M-3 O-6 is not ready and answers 503 until it knows the meters, and refuses nothing for want of them', async () => {
    const ready = await fetch(`${world.service.url}/health/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.text()).toContain('ingestion.meters')
    const { status, body, headers } = await world.post(usage())
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'meters.loading', '1'])
    await world.publishMeters()
    expect((await world.post(usage())).status).toBe(202)
  })

  it('M-3 knows a meter soon after it was published, forgets it when it is removed, and survives a record nobody can read', async () => {
    const seen = { ...usage({ type: 'page.seen' }, { pages: 1 }), subject: workspace }
    const meter = { ...meters[0], name: 'pages', event_type: 'page.seen', value: 'pages' }
    const publish = (value: string | null) =>
      world.bus.append([{ topic: catalogChangedTopic, key: 'meter:pages', value }])
    const until = async (status: number) => {
      while ((await world.post(seen)).status !== status) await new Promise((done) => setTimeout(done, 20))
    }
    await until(400)
    await publish(JSON.stringify({ kind: 'meter', meter }))
    await until(202)
    await publish('nonsense')
    await publish(JSON.stringify({ kind: 'book', book: 'price', version: 1 }))
    expect((await world.post(seen)).status).toBe(202)
    await publish(null)
    await until(400)
  })

  it('X-4 serves what it declares', () => {
    const stands = ['GET /api/v1/metering/events', 'GET /api/v1/workspaces/{id}', 'POST /api/v1/auth/introspect']
    const own = world.service.routes.filter(({ method, path }) => !stands.includes(`${method} ${path}`))
    expect(compareRoutes(own, [...ingestionEndpoints, ...serviceEndpoints])).toEqual({ undeclared: [], missing: [] })
  })

  it('M-5 what was answered 202 is in the log: stamped with workspace and time of receipt, else as it was sent', async () => {
    const sent = usage(
      { time: '2026-01-02T03:04:05Z', traceparent: '00-a-b-01' },
      { metadata: { a: [1, { b: null }] } },
    )
    const { status, body } = await world.post(sent)
    expect(status).toBe(202)
    expect(recordAnswerSchema.parse(body)).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: 0,
      results: [{ index: 0, id: sent.id, status: 'accepted' }],
    })
    const [found] = await world.loggedUnder(sent.id)
    const { portitorreceived, ...event } = found!.event
    expect(event).toEqual({ ...sent, subject: workspace })
    expect(Math.abs(Date.now() - Date.parse(portitorreceived as string))).toBeLessThan(60_000)
    expect(found!.partition).toBe(world.bus.partitionOf(workspace))
    expect(usageRecordedSchema.safeParse(found!.event).success).toBe(true)
  })

  it('M-1 takes all four forms, and the same event is the same in each of them', async () => {
    const sent = usage()
    const { data, ...attributes } = sent
    const ce = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]))
    const headers = { 'x-workspace-id': workspace }
    const structured = await world.post(sent, { ...headers, 'content-type': 'application/cloudevents+json' })
    const batch = await world.post([sent], { ...headers, 'content-type': 'application/cloudevents-batch+json' })
    const binary = await world.post(data, { ...headers, ...ce })
    const list = await world.post([sent, { ...sent }])
    expect([structured, batch, binary, list].map(({ status }) => status)).toEqual([202, 202, 202, 202])
    expect(structured.body.accepted).toBe(1)
    expect([batch, binary, list].map(({ body }) => body.duplicates)).toEqual([1, 1, 2])
    const plain = {
      event_type: 'tokens.consumed',
      quantity: 7,
      metadata: { model: 'gpt-4o' },
      idempotency_key: usage().id,
    }
    expect((await world.post(plain)).body.accepted).toBe(1)
    expect((await world.post(plain)).body.duplicates).toBe(1)
    const [found] = await world.loggedUnder(plain.idempotency_key)
    expect(found!.event).toMatchObject({ source: 'portitor/plain', data: { model: 'gpt-4o', input_tokens: 7 } })
  })

  it('M-1 gives a plain event an id where it has none, and tells it', async () => {
    const plain = { event_type: 'tokens.consumed', quantity: 7, metadata: { model: 'gpt-4o' } }
    const { body } = await world.post([plain, plain])
    expect(body.accepted).toBe(2)
    const [one, two] = body.results.map(({ id }) => id!)
    expect(one).not.toBe(two)
    expect(await world.loggedUnder(one!)).toHaveLength(1)
  })

  it('M-1 takes the workspace of each event from its subject where the credential names none', async () => {
    const mine = usage({ subject: workspace })
    const theirs = usage({ subject: otherWorkspace })
    const { body } = await world.post([mine, theirs, usage()], {})
    expect(body.results.map(({ status, code }) => code ?? status)).toEqual([
      'accepted',
      'accepted',
      'workspace.missing',
    ])
    expect((await world.loggedUnder(mine.id))[0]!.partition).toBe(world.bus.partitionOf(workspace))
    expect((await world.loggedUnder(theirs.id))[0]!.partition).toBe(world.bus.partitionOf(otherWorkspace))
    const contradiction = await world.post(usage({ subject: otherWorkspace }))
    expect([contradiction.status, contradiction.body.code]).toEqual([400, 'workspace.contradiction'])
  })

  it('M-6 one bad event never blocks the others, and the answer says which, where and why', async () => {
    const good = usage()
    const bad = usage({}, { input_tokens: -1 })
    const { status, body } = await world.post([bad, good, 'nonsense', usage({ time: '2999-01-01T00:00:00Z' })])
    expect(status).toBe(202)
    expect(body).toMatchObject({ accepted: 1, duplicates: 0, rejected: 3 })
    expect(body.results.map(({ index, id, code, field }) => [index, id, code, field])).toEqual([
      [0, bad.id, 'quantity.malformed', 'data.input_tokens'],
      [1, good.id, undefined, undefined],
      [2, null, 'event.not_object', undefined],
      [3, expect.any(String), 'time.in_future', 'time'],
    ])
    expect(await world.loggedUnder(good.id)).toHaveLength(1)
    expect(await world.loggedUnder(bad.id)).toHaveLength(0)
  })

  it('M-6 M-10 where nothing was accepted, answers the first rejection as a problem naming index, field and expectation', async () => {
    const { status, headers, body } = await world.post([usage({}, { input_tokens: '1e3' }), usage({ id: '' })])
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
    const answered = await world.post(body())
    expect([answered.status, answered.body.code]).toEqual([status, code])
  })

  it('M-10 refuses another media type', async () => {
    const answered = await world.post(usage(), { 'x-workspace-id': workspace, 'content-type': 'text/plain' })
    expect([answered.status, answered.body.code]).toEqual([415, 'request.unsupported_media_type'])
  })

  it('M-10 an event too large is refused alone', async () => {
    const { status, body } = await world.post([usage({}, { free: 'x'.repeat(65_536) }), usage()])
    expect([status, body.accepted, body.results[0]!.code]).toEqual([202, 1, 'event.too_large'])
  })

  it('M-10 takes whole numbers beyond 2⁵³ and decimal text without losing a digit', async () => {
    const sent = usage({}, { output_tokens: '0.000000001' })
    await world.post(JSON.stringify(sent).replace('1200', '900719925474099301'))
    const [found] = await world.loggedUnder(sent.id)
    const judged = judgeEvent(found!.event, { meters: indexMeters(meters), nowMs: Date.now(), receivedMs: Date.now() })
    if ('rejected' in judged) throw new Error(judged.rejected.detail)
    expect(judged.accepted.quantities.get('input_tokens')).toBe(900_719_925_474_099_301_000_000_000n)
    expect(judged.accepted.quantities.get('output_tokens')).toBe(1n)
  })

  it('I-3 needs the operator key', async () => {
    expect((await world.post(usage(), { apikey: 'wrong' })).status).toBe(401)
  })
})
