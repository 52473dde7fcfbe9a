import { describeWith } from '@portitor/testing'
import { IngestionWorld, otherWorkspace, usage } from './ingestion-world.fixture.ts'

describeWith(['postgres'], 'repeats and durability of POST /api/v1/metering/events', () => {
  let world: IngestionWorld
  beforeAll(async () => {
    world = await IngestionWorld.start()
    await world.publishMeters()
  })
  afterAll(() => world.end())

  it('M-5 a repeat is answered as duplicate; across requests it goes to the log, where rating settles it', async () => {
    const sent = usage()
    expect((await world.post([sent, sent])).body).toMatchObject({ accepted: 1, duplicates: 1 })
    expect(await world.loggedUnder(sent.id)).toHaveLength(1)
    const again = await world.post(sent)
    expect([again.status, again.body.results[0]!.status]).toEqual([202, 'duplicate'])
    expect(await world.loggedUnder(sent.id)).toHaveLength(2)
  })

  it('M-5 refuses an id with another payload: in one batch, across requests, with another time', async () => {
    const sent = usage({ time: '2026-01-02T03:04:05Z' })
    const { body } = await world.post([sent, { ...sent, data: { ...sent.data, input_tokens: 1 } }])
    expect(body.results.map(({ status, code }) => code ?? status)).toEqual(['accepted', 'event.id_conflict'])
    for (const known of [undefined, 'rated', 'posted']) {
      if (known !== undefined) world.ratingStatuses.set(sent.id, known)
      const retimed = await world.post({ ...sent, time: '2026-01-02T03:04:06Z' })
      expect([retimed.status, retimed.body.code]).toEqual([409, 'event.id_conflict'])
    }
    expect(await world.loggedUnder(sent.id)).toHaveLength(1)
  })

  it('M-5 a rejected event does not occupy its id: corrected, it is let through', async () => {
    const unpriced = usage({}, { model: 'nobody-knows-this' })
    expect((await world.post(unpriced)).status).toBe(202)
    world.ratingStatuses.set(unpriced.id, 'rejected')
    const corrected = { ...unpriced, data: { ...unpriced.data, model: 'gpt-4o' } }
    expect((await world.post(corrected)).body.results[0]!.status).toBe('accepted')
    expect(await world.loggedUnder(unpriced.id)).toHaveLength(2)
    const refusedHere = usage({}, { input_tokens: -1 })
    await world.post(refusedHere)
    expect((await world.post({ ...refusedHere, data: { ...refusedHere.data, input_tokens: 1 } })).body.accepted).toBe(1)
  })

  it('M-5 the same id in another workspace or from another source is another event', async () => {
    const sent = usage()
    await world.post(sent)
    expect((await world.post({ ...sent, source: 'elsewhere' })).body.accepted).toBe(1)
    expect((await world.post(sent, { 'x-workspace-id': otherWorkspace })).body.accepted).toBe(1)
  })

  it('M-5 M-11 nothing is answered 202 while the log does not confirm; sent again, it is there once and no duplicate', async () => {
    await world.post(usage())
    const blocker = await world.database.dedicated()
    await blocker.query('begin')
    await blocker.query('select from bus.heads for update')
    const sent = usage()
    const refused = await world.post(sent)
    await blocker.query('rollback')
    await blocker.end()
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'log.unavailable',
      '2',
    ])
    const again = await world.post(sent)
    expect([again.status, again.body.results[0]!.status]).toEqual([202, 'accepted'])
    expect(await world.loggedUnder(sent.id)).toHaveLength(1)
  })

  it('M-5 requests that arrive together are all in the log, each event once', async () => {
    const requests = Array.from({ length: 40 }, () => Array.from({ length: 25 }, () => usage()))
    const answers = await Promise.all(requests.map((events) => world.post(events)))
    expect(answers.map(({ body }) => body.accepted)).toEqual(requests.map(() => 25))
    const ids = (await world.logged()).map(({ event }) => event['id'] as string)
    for (const events of requests)
      for (const { id } of events) expect(ids.filter((found) => found === id)).toHaveLength(1)
  })

  it('O-6 a restart forgets repeats but not the meters: a repeat goes to the log, and rating settles it', async () => {
    const sent = usage()
    await world.post(sent)
    await world.close()
    await world.open()
    await world.ready()
    expect((await world.post(sent)).body.results[0]!.status).toBe('accepted')
    expect(await world.loggedUnder(sent.id)).toHaveLength(2)
  })
})
