import { type SubscriptionChanged, subscriptionStateSchema } from '@portitor/contracts'
import { describeWith, type Engine, engineUrl, waitMsMax } from '@portitor/testing'
import { acme, globex, type InvoicingWorld, openInvoicing } from './invoicing-world.fixture.ts'

const buses: readonly { bus: string; needs: Engine[]; kafka: boolean }[] = [
  { bus: 'the log in PostgreSQL', needs: ['postgres'], kafka: false },
  { bus: 'Kafka', needs: ['postgres', 'kafka'], kafka: true },
]
const inADay = () => new Date(Date.now() + 86_400_000).toISOString()

/** Waits for what is on its way, and fails with what has come if it does not. */
async function untilTold(world: InvoicingWorld, count: number): Promise<SubscriptionChanged[]> {
  const deadline = Date.now() + waitMsMax
  for (;;) {
    const told = await world.changes()
    if (told.length >= count || Date.now() > deadline) return told
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

for (const { bus, needs, kafka } of buses)
  describeWith(needs, `the life of a subscription over ${bus}`, () => {
    let world: InvoicingWorld
    beforeAll(async () => {
      world = await openInvoicing(kafka ? { brokers: engineUrl('kafka') } : {})
    })
    afterAll(() => world.close())

    it('B-2 from the trial to the end: each change is answered, audited, and told whole in one revision without gaps', async () => {
      const created = await world.ask('POST', '', {
        workspace: acme,
        body: { plan: 'pro', seats: 5, billing: { time_zone: 'Europe/Vienna' } },
      })
      expect(created.status).toBe(201)
      const state = subscriptionStateSchema.parse(created.body)
      expect(state).toMatchObject({ workspace_id: acme, revision: 1, ends_at: null })
      expect(state.phases.map(({ state }) => state)).toEqual(['trial', 'active'])
      const step = async (what: string, body: object) => {
        const answer = await world.ask('POST', `/${state.id}/${what}`, { body })
        expect([what, answer.status, answer.body['detail']]).toEqual([what, 200, undefined])
        return subscriptionStateSchema.parse(answer.body)
      }
      const changed = await step('change', { plan: 'enterprise', seats: 9, when: 'now' })
      expect(changed).toMatchObject({ status: 'trialing', current_phase: { plan: 'enterprise', seats: 9 } })
      expect(await step('change', { add_ons: [{ plan: 'support' }], when: 'period_end' })).toMatchObject({
        current_phase: { add_ons: [] },
        phases: expect.arrayContaining([expect.objectContaining({ add_ons: [{ plan: 'support', version: null }] })]),
      })
      expect((await step('withdraw', { what: 'change' })).phases).toEqual(changed.phases)
      expect(await step('pause', { when: 'now' })).toMatchObject({ status: 'paused' })
      expect(await step('resume', { when: 'now' })).toMatchObject({ status: 'trialing' })
      const ending = await step('cancel', { when: 'period_end' })
      expect(ending.ends_at).toBe(changed.current_period?.ends_at)
      // The same again is no change.
      expect((await step('cancel', { when: 'period_end' })).revision).toBe(ending.revision)
      expect(await step('cancel', { when: 'now' })).toMatchObject({ status: 'ended', current_period: null })

      const told = (await untilTold(world, 8)).filter(({ subscription }) => subscription.id === state.id)
      expect(told.map(({ subscription }) => subscription.revision)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      expect(told[0]).toMatchObject({ changed_from: state.starts_at })
      const read = await world.ask('GET', `/${state.id}`, { workspace: acme })
      const { id, workspace_id, revision, starts_at, ends_at, billing, phases } = subscriptionStateSchema.parse(
        read.body,
      )
      expect(told.at(-1)?.subscription).toEqual({ id, workspace_id, revision, starts_at, ends_at, billing, phases })
      for (const { changed_from, changed_at } of told) expect(changed_from >= changed_at).toBe(true)

      const audited = (await world.audited()).filter(({ target }) => target === `subscription:${state.id}`)
      expect(audited.map(({ action }) => action)).toEqual([
        'subscription.created',
        'subscription.changed',
        'subscription.changed',
        'subscription.withdrawn',
        'subscription.paused',
        'subscription.resumed',
        'subscription.cancelled',
        'subscription.cancelled',
      ])
      expect(new Set(audited.map(({ workspace_id }) => workspace_id))).toEqual(new Set([acme]))
    })

    it('B-2 of overlapping ones that are started at once, one wins; the others are refused and told to nobody', async () => {
      const before = (await world.changes()).length
      const answers = await Promise.all(
        Array.from({ length: 5 }, (_, n) =>
          world.ask('POST', '', { workspace: globex, body: { plan: 'enterprise', seats: n } }),
        ),
      )
      expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409])
      for (const { status, body } of answers) if (status === 409) expect(body['code']).toBe('subscription.overlap')
      const { id } = answers.find(({ status }) => status === 201)!.body
      expect(await untilTold(world, before + 1)).toHaveLength(before + 1)

      // Changes at once are one after the other.
      const changes = await Promise.all(
        [11, 12, 13].map((seats) => world.ask('POST', `/${id}/change`, { body: { seats, when: inADay() } })),
      )
      expect(changes.map(({ status }) => status)).toEqual([200, 200, 200])
      const told = (await untilTold(world, before + 4)).filter(({ subscription }) => subscription.id === id)
      expect(told.map(({ subscription }) => subscription.revision)).toEqual([1, 2, 3, 4])
    })
  })

describeWith(['postgres'], 'subscriptions over HTTP', () => {
  let world: InvoicingWorld
  beforeAll(async () => {
    world = await openInvoicing({ leadMs: 60_000 })
  })
  afterAll(() => world.close())
  const create = (body: object, more: { workspace?: string; key?: string } = {}) =>
    world.ask('POST', '', { workspace: acme, body, ...more })

  it('B-2 refuses what cannot be billed, each with its code and field, and nothing of it stays', async () => {
    const refused: [object, number, string, string][] = [
      [{ plan: 'nothing' }, 422, 'subscription.plan_unknown', 'plan'],
      [{ plan: 'draft' }, 422, 'subscription.version_unknown', 'plan'],
      [{ plan: 'pro', version: 7 }, 422, 'subscription.version_unknown', 'plan'],
      [{ plan: 'support' }, 422, 'subscription.terms_invalid', 'plan'],
      [{ plan: 'pro', add_ons: [{ plan: 'gone' }] }, 422, 'subscription.plan_unknown', 'add_ons[0].plan'],
      [{ plan: 'pro', billing: { time_zone: 'Mars/Olympus' } }, 400, 'request.invalid', 'billing.time_zone'],
      [{ plan: 'pro', billing: { months: 5 } }, 400, 'request.invalid', 'billing.months'],
      [{ plan: 'pro', starts_at: '2026-01-01T00:00:00Z' }, 409, 'subscription.too_early', 'starts_at'],
      [{ plan: 'pro', begins: 'now' }, 400, 'request.invalid', 'begins'],
    ]
    for (const [body, status, code, field] of refused)
      expect(await create(body)).toMatchObject({ status, body: { code, errors: [{ in: 'body', field }] } })
    expect(await create({ plan: 'pro' }, { workspace: '0192f0c1-0000-7000-8000-0000000000ff' })).toMatchObject({
      status: 404,
      body: { code: 'workspace.not_found' },
    })
    expect((await world.ask('GET', '')).body).toEqual({ data: [], next_cursor: null })
    expect(await world.changes()).toEqual([])
  })

  it('R-4 starts no sooner than the stated bound, unless it is backdated', async () => {
    const asked = Date.now()
    const { body } = await create({ plan: 'enterprise' }, { workspace: globex })
    expect(body).toMatchObject({ status: 'scheduled', current_period: null, next_phase: { plan: 'enterprise' } })
    expect(Date.parse(body['starts_at'])).toBeGreaterThanOrEqual(asked + 60_000)
    const ending = await world.ask('POST', `/${body['id']}/cancel`, { body: { when: 'now' } })
    expect(Date.parse(ending.body['ends_at'])).toBeGreaterThanOrEqual(asked + 60_000)

    // One that has not begun never does.
    const later = await create({ plan: 'enterprise', starts_at: inADay() })
    const never = await world.ask('POST', `/${later.body['id']}/cancel`, { body: { when: 'now' } })
    expect(never.body).toMatchObject({ status: 'ended', ends_at: later.body['starts_at'], next_phase: null })

    const backdated = await create({ plan: 'enterprise', starts_at: '2026-01-15T00:00:00Z', backdate: true })
    expect(backdated.body).toMatchObject({ status: 'active', starts_at: '2026-01-15T00:00:00.000Z' })
    const told = (await world.changes()).find(({ subscription }) => subscription.id === backdated.body['id'])
    expect(told).toMatchObject({ changed_from: '2026-01-15T00:00:00.000Z' })
  })

  it('B-2 a creation that is repeated under its Idempotency-Key happens once', async () => {
    const body = { plan: 'pro', starts_at: inADay() }
    const first = await create(body, { workspace: globex, key: 'once' })
    const again = await create(body, { workspace: globex, key: 'once' })
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true'])
    expect(again.body).toEqual(first.body)
    expect(await create({ plan: 'enterprise' }, { workspace: globex, key: 'once' })).toMatchObject({
      status: 422,
      body: { code: 'idempotency.conflict' },
    })
  })

  it('B-2 lists page by page, newest first; each workspace finds its own only', async () => {
    const all = (await world.ask('GET', '')).body['data'].map(({ id }: { id: string }) => id)
    const first = (await world.ask('GET', '?limit=2')).body
    const rest = (await world.ask('GET', `?limit=2&cursor=${first['next_cursor']}`)).body
    expect([...first['data'], ...rest['data']].map(({ id }) => id)).toEqual(all)
    expect(rest['next_cursor']).toBeNull()
    expect(all).toEqual(all.toSorted().toReversed())
    expect((await world.ask('GET', '?cursor=no')).body).toMatchObject({ code: 'cursor.malformed' })
    const own = (await world.ask('GET', '', { workspace: globex })).body['data']
    expect(own.map(({ workspace_id }: { workspace_id: string }) => workspace_id)).toEqual([globex, globex])
    for (const [method, path] of [
      ['GET', `/${own[0].id}`],
      ['POST', `/${own[0].id}/cancel`],
    ] as const)
      expect(
        await world.ask(method, path, { workspace: acme, ...(method === 'POST' ? { body: { when: 'now' } } : {}) }),
      ).toMatchObject({ status: 404, body: { code: 'subscription.not_found' } })
  })

  it('B-2 a change of a revision that is no longer the newest is refused, as is a state that does not allow it', async () => {
    const [{ id, revision }] = (await world.ask('GET', '', { workspace: acme })).body['data']
    const change = (body: object) => world.ask('POST', `/${id}/change`, { body: { when: inADay(), ...body } })
    expect((await change({ seats: 3, revision })).body).toMatchObject({ revision: revision + 1 })
    expect(await change({ seats: 4, revision })).toMatchObject({
      status: 409,
      body: { code: 'subscription.revision' },
    })
    expect(await world.ask('POST', `/${id}/resume`, { body: { when: 'now' } })).toMatchObject({
      status: 409,
      body: { code: 'subscription.state' },
    })
    expect(await change({ plan: 'draft' })).toMatchObject({ status: 422 })
    expect((await world.ask('GET', `/${id}`)).body).toMatchObject({ revision: revision + 1 })
  })
})
