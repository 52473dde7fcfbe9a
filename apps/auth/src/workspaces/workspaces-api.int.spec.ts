import { type Bus, busMigrations, EmbeddedBus, type OutgoingMessage } from '@portitor/bus'
import {
  authEndpoints,
  identityChangedSchema,
  identityChangedTopic,
  serviceEndpoints,
  type Workspace,
  workspaceListSchema,
  workspaceSchema,
} from '@portitor/contracts'
import { Database, migrate, type Queryable } from '@portitor/postgres'
import { bootService, compareRoutes, createLog, type Service } from '@portitor/service'
import { describeWith, freshDatabase } from '@portitor/testing'
import { AuthModule, authMigrations } from '../index.ts'

const operatorKey = 'a secret of this spec, 40 characters long'

describeWith(['postgres'], 'the workspaces API', () => {
  let fresh: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let bus: Bus
  let service: Service
  /** Set by a test that wants publishing to fail, or to wait. */
  let beforePublish: (() => Promise<void>) | undefined

  beforeAll(async () => {
    fresh = await freshDatabase()
    await migrate(fresh.url, 'bus', busMigrations)
    await migrate(fresh.url, 'auth', authMigrations)
    database = new Database({ url: fresh.url, connectionsMax: 4, applicationName: 'spec' })
    bus = new (class extends EmbeddedBus {
      override async publish(tx: Queryable, messages: readonly OutgoingMessage[]) {
        await beforePublish?.()
        return super.publish(tx, messages)
      }
    })(database, { partitions: 4 })
    await bus.start()
    service = await bootService({
      name: 'auth',
      module: AuthModule.with({
        database,
        bus,
        pepper: 'a pepper of this spec, 32 characters or more',
        tokens: { issuer: 'portitor', audience: 'portitor', keys: [] },
        trustedIssuers: [],
      }),
      endpoints: authEndpoints,
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'auth', level: 'silent' }),
    })
  })
  afterAll(async () => {
    await service.close()
    await bus.close()
    await database.close()
    await fresh.drop()
  })
  beforeEach(() => {
    beforePublish = undefined
  })

  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = {
      apikey: operatorKey,
      'content-type': 'application/json',
      ...(init.headers as Record<string, string>),
    }
    const response = await fetch(`${service.url}/api/v1/workspaces${path}`, { ...init, headers })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    }
  }
  const create = (body: unknown, headers: Record<string, string> = {}) =>
    ask('', { method: 'POST', body: JSON.stringify(body), headers })
  const announced = async () => {
    const found: Workspace[] = []
    const follower = await bus.follow(identityChangedTopic, 'spec', (record) => {
      const changed = identityChangedSchema.parse(JSON.parse(record.value!.toString()))
      if (changed.kind !== 'workspace') return
      expect(record.key).toBe(changed.workspace.id)
      found.push(changed.workspace)
    })
    await follower.caughtUp
    await follower.close()
    return found
  }
  const count = async () =>
    Number((await database.query<{ n: bigint }>('select count(*) as n from auth.workspaces')).rows[0]!.n)

  it('I-1 creates an active workspace, answers it, finds it again and tells every service', async () => {
    const created = await create({ name: '  Acme GmbH – 你好 ' })
    expect(created.status).toBe(201)
    const workspace = workspaceSchema.parse(created.body)
    expect(workspace).toMatchObject({ name: 'Acme GmbH – 你好', status: 'active' })
    expect(workspace.id[14]).toBe('7')
    expect(Math.abs(Date.now() - Date.parse(workspace.created_at))).toBeLessThan(60_000)
    expect((await ask(`/${workspace.id.toUpperCase()}`)).body).toEqual(workspace)
    expect(await announced()).toContainEqual(workspace)
  })

  it('I-1 pages through the workspaces newest first, each exactly once', async () => {
    const ids: string[] = []
    for (let index = 0; index < 7; index += 1) ids.unshift((await create({ name: `page ${index}` })).body.id as string)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = workspaceListSchema.parse((await ask(`?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`)).body)
      expect(page.data.length).toBeGreaterThan(0)
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(seen.slice(0, 7)).toEqual(ids)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBe(await count())
    const exact = workspaceListSchema.parse((await ask(`?limit=${seen.length}`)).body)
    expect(exact.next_cursor).toBeNull()
  })

  it.each([
    ['no name', {}, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a blank name', { name: ' \t ' }, 'name'],
    ['a name that is too long', { name: 'x'.repeat(129) }, 'name'],
    ['a name that is no text', { name: 7 }, 'name'],
    ['a control character', { name: 'a\u0000b' }, 'name'],
    ['half a surrogate pair', { name: 'a\ud800' }, 'name'],
    ['an unknown field', { name: 'x', plan: 'free' }, 'plan'],
  ])('refuses %s with 400 naming the field', async (_, body, field) => {
    const before = await count()
    const answer = await create(body)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ code: 'request.invalid', errors: [{ in: 'body', field }] })
    expect(await count()).toBe(before)
  })

  it('refuses a wrong limit, a made-up cursor and an unknown parameter with 400 naming it', async () => {
    for (const [query, field] of [
      ['limit=0', 'limit'],
      ['limit=501', 'limit'],
      ['limit=many', 'limit'],
      ['cursor=abc', 'cursor'],
      ['order=name', 'order'],
    ])
      expect((await ask(`?${query}`)).body).toMatchObject({
        status: 400,
        code: 'request.invalid',
        errors: [{ in: 'query', field }],
      })
  })

  it('answers 404 for an id that is not there and 400 for what is no id', async () => {
    expect((await ask('/0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e')).body).toMatchObject({
      status: 404,
      code: 'workspace.not_found',
    })
    expect((await ask('/acme')).body).toMatchObject({ status: 400, errors: [{ in: 'path', field: 'id' }] })
  })

  it('I-2 needs the operator key on every route', async () => {
    for (const [path, method] of [
      ['', 'GET'],
      ['', 'POST'],
      ['/0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e', 'GET'],
    ] as const)
      expect((await ask(path, { method, headers: { apikey: 'wrong' } })).status).toBe(401)
  })

  it('replays the first answer for the same Idempotency-Key and body, and refuses another body', async () => {
    const before = await count()
    const first = await create({ name: 'once' }, { 'idempotency-key': 'order-1' })
    const again = await create({ name: ' once' }, { 'idempotency-key': 'order-1' })
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect((await create({ name: 'other' }, { 'idempotency-key': 'order-1' })).body).toMatchObject({
      status: 422,
      code: 'idempotency.conflict',
    })
    expect((await create({ name: 'x' }, { 'idempotency-key': 'a b' })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'idempotency-key' }],
    })
    expect(await count()).toBe(before + 1)
    expect((await announced()).filter(({ name }) => name === 'once')).toHaveLength(1)
  })

  it('tells a call that its twin is still running, and never runs both', async () => {
    const entered = Promise.withResolvers<undefined>()
    const held = Promise.withResolvers<undefined>()
    beforePublish = async () => {
      entered.resolve(undefined)
      await held.promise
    }
    const first = create({ name: 'twin' }, { 'idempotency-key': 'twin' })
    await entered.promise
    expect((await create({ name: 'twin' }, { 'idempotency-key': 'twin' })).body).toMatchObject({
      status: 409,
      code: 'idempotency.in_flight',
    })
    held.resolve(undefined)
    const { body } = await first
    expect((await create({ name: 'twin' }, { 'idempotency-key': 'twin' })).body).toEqual(body)
  })

  it('forgets a key after 24 hours and clears old ones away', async () => {
    const first = await create({ name: 'yesterday' }, { 'idempotency-key': 'daily' })
    await create({ name: 'old' }, { 'idempotency-key': 'unused' })
    await database.query(`update auth.idempotency_keys set created_at = created_at - interval '25 hours'`)
    const second = await create({ name: 'today' }, { 'idempotency-key': 'daily' })
    expect(second.status).toBe(201)
    expect(second.body.id).not.toBe(first.body.id)
    const { rows } = await database.query<{ key: string }>('select key from auth.idempotency_keys')
    expect(rows).toEqual([{ key: 'daily' }])
  })

  it('commits the row, the kept answer and the message together or not at all', async () => {
    const before = await count()
    beforePublish = () => Promise.reject(new Error('the log is broken'))
    expect((await create({ name: 'torn' }, { 'idempotency-key': 'torn' })).body).toMatchObject({
      status: 500,
      code: 'internal',
    })
    expect(await count()).toBe(before)
    beforePublish = undefined
    expect((await create({ name: 'torn' }, { 'idempotency-key': 'torn' })).status).toBe(201)
    expect((await announced()).filter(({ name }) => name === 'torn')).toHaveLength(1)
  })

  it('I-4 a tenant sees its own workspace and no other, whatever the query says, and changes nothing of it but its name', async () => {
    const mine = (await create({ name: 'mine' })).body.id as string
    await create({ name: 'theirs' })
    const seen = await database.asTenant(mine, (tx) => tx.query<{ id: string }>('select id from auth.workspaces'))
    expect(seen.rows).toEqual([{ id: mine }])
    for (const statement of [
      `update auth.workspaces set status = 'closed'`,
      `insert into auth.workspaces values ('${mine}', 'x', 'active', now())`,
      'delete from auth.workspaces',
      'select * from auth.idempotency_keys',
    ])
      await expect(database.asTenant(mine, (tx) => tx.query(statement))).rejects.toThrow('permission denied')
  })

  it('X-4 declares every route it has and has every route it declares', () => {
    expect(compareRoutes(service.routes, [...authEndpoints, ...serviceEndpoints])).toEqual({
      undeclared: [],
      missing: [],
    })
  })

  it('is ready while its database answers', async () => {
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200)
  })
})
