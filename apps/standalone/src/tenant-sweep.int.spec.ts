import { type OpenApiDocument } from '@portitor/contracts'
import { connectAsOwner, describeWith } from '@portitor/testing'
import { makeTenant, type Tenant } from './tenant.fixture.ts'
import { type Answer, openTenantsWorld, type TenantsWorld } from './tenants-world.fixture.ts'

interface Operation {
  readonly method: string
  readonly path: string
  readonly scope: string | undefined
  readonly required: readonly string[]
}

/** Every endpoint that the running system documents, tried by those who must not get through; a new one is covered by itself. */
describeWith(['postgres'], 'tenants in the whole system', () => {
  let world: TenantsWorld
  let acme: Tenant
  let globex: Tenant
  let operations: readonly Operation[]
  beforeAll(async () => {
    world = await openTenantsWorld()
    acme = await makeTenant(world, 'acme')
    globex = await makeTenant(world, 'globex')
    operations = operationsOf((await world.ask('GET', '/api/openapi.json')).body as unknown as OpenApiDocument)
  })
  afterAll(() => world.end())

  const guarded = () => operations.filter(({ scope }) => scope !== undefined)
  const tried = async (operation: Operation, owner: Tenant, asking: object): Promise<Answer> =>
    world.ask(operation.method, addressOf(operation, owner), {
      ...(operation.method === 'GET' || operation.method === 'DELETE' ? {} : { body: {} }),
      ...asking,
    })
  const saysNothingOf = (owner: Tenant, { text }: Answer) => {
    for (const secret of [owner.word, owner.workspaceId, ...Object.values(owner.ids)])
      expect(text).not.toContain(secret)
  }
  const label = ({ method, path }: Operation, { status }: Answer) => `${method} ${path} → ${status}`

  it('I-2 nobody gets an answer without a credential, and is told how to authenticate', async () => {
    expect(guarded().length).toBeGreaterThan(50)
    for (const operation of guarded()) {
      const answer = await tried(operation, acme, {})
      expect(label(operation, answer)).toBe(`${operation.method} ${operation.path} → 401`)
      expect(answer.text).toContain('Authorization: Bearer')
      saysNothingOf(acme, { ...answer, text: answer.text.replaceAll(addressOf(operation, acme).split('?')[0]!, '') })
    }
  })

  it('I-4 with the key of one customer and the workspace of another, every endpoint is 404, or 403 for operators only', async () => {
    for (const operation of guarded()) {
      const answer = await tried(operation, acme, { key: globex.key, workspaceId: acme.workspaceId })
      expect([label(operation, answer), [401, 403, 404].includes(answer.status)]).toEqual([
        label(operation, answer),
        true,
      ])
    }
  })

  it('I-2 I-4 with its own key and the ids of another customer, every endpoint that takes an id is 404, whatever the body', async () => {
    const taking = guarded().filter(({ path }) => path.includes('{'))
    expect(taking.length).toBeGreaterThan(20)
    for (const operation of taking) {
      const answer = await tried(operation, acme, { key: globex.key })
      const expected = operation.scope === 'operator' ? 403 : 404
      expect(label(operation, answer)).toBe(`${operation.method} ${operation.path} → ${expected}`)
    }
    // Nothing of it happened: the other customer still has all it had.
    expect((await world.ask('GET', '/api/v1/ledger', { key: acme.key })).status).toBe(200)
    for (const path of [`/api/v1/agents/${acme.ids['agents.id']}`, `/api/v1/api_keys/${acme.ids['api_keys.id']}`])
      expect((await world.ask('GET', path, { key: acme.key })).body).toMatchObject({ status: 'active' })
  })

  it('I-4 no list, search, export or total of one customer holds a word of another', async () => {
    const lists = guarded().filter(
      ({ method, path, scope }) => method === 'GET' && !path.includes('{') && scope !== 'operator',
    )
    for (const operation of lists) {
      const answer = await tried(operation, globex, { key: globex.key })
      expect(label(operation, answer)).toBe(`GET ${operation.path} → 200`)
      saysNothingOf(acme, answer)
    }
  })

  it('L-8 A-9 no credential of a customer ever sees a cost, a margin or a provider account', async () => {
    const costs = await costsOf(world, acme)
    expect(costs.length).toBeGreaterThan(0)
    for (const operation of guarded()) {
      if (operation.method !== 'GET') continue
      const answer = await tried(operation, acme, { key: acme.key })
      for (const word of ['cost_nanos', 'margin', 'cogs', 'provider_payable', 'usage.cost', 'markup', ...costs])
        expect([label(operation, answer), answer.text.includes(word) ? word : 'nothing']).toEqual([
          label(operation, answer),
          'nothing',
        ])
    }
  })

  it('I-1 a key without the scope of an endpoint gets 403 that names the scope', async () => {
    const { body } = await world.ask('POST', '/api/v1/api_keys', {
      key: acme.key,
      body: { name: 'narrow', scopes: ['invoke:*'] },
    })
    for (const operation of guarded()) {
      if (operation.scope === 'any') continue
      const answer = await tried(operation, acme, { key: body['key'] as string })
      expect(label(operation, answer)).toBe(`${operation.method} ${operation.path} → 403`)
      expect(answer.body['code']).toBe(operation.scope === 'operator' ? 'operator.only' : 'scope.missing')
    }
  })

  it('I-4 every table with a workspace_id is under forced row-level security, and shows a tenant without a workspace nothing', async () => {
    const owner = await connectAsOwner(world.databaseUrl)
    try {
      const { rows } = await owner.query<{ name: string; forced: boolean; policies: string; granted: boolean }>(
        `select format('%I.%I', n.nspname, c.relname) as name, c.relrowsecurity and c.relforcerowsecurity as forced,
           (select count(*) from pg_policy p where p.polrelid = c.oid)::text as policies,
           has_any_column_privilege('portitor_tenant', c.oid, 'select') as granted
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
         where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') order by 1`,
      )
      expect(rows.length).toBeGreaterThan(10)
      for (const { name, forced, policies } of rows)
        expect([name, forced, policies === '0']).toEqual([name, true, false])
      await owner.query('set role portitor_tenant')
      for (const { name } of rows.filter(({ granted }) => granted)) {
        const { rows: seen } = await owner
          .query<{ n: string }>(`select count(*)::text as n from ${name}`)
          .catch(() => ({
            rows: [{ n: 'refused' }],
          }))
        expect([name, ['0', 'refused'].includes(seen[0]!.n)]).toEqual([name, true])
      }
    } finally {
      await owner.end()
    }
  })
})

function operationsOf({ paths }: OpenApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const { 'x-required-scope': scope, parameters } = operation as unknown as {
        'x-required-scope'?: string
        parameters: { name: string; in: string; required: boolean }[]
      }
      const required = parameters.filter((parameter) => parameter.in === 'query' && parameter.required)
      return { method: method.toUpperCase(), path, scope, required: required.map(({ name }) => name) }
    }),
  )
}

/** The path with the ids of `owner`. Throws on a parameter that no id is known for: give the fixture one. */
function addressOf({ path, required }: Operation, owner: Tenant): string {
  let collection = ''
  const parts = path.split('/').map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name === undefined) {
      collection = part
      return part
    }
    const id = { ...owner.ids, ...operatorsOnly }[`${collection}.${name}`]
    if (id === undefined) throw new Error(`no id for {${name}} of ${path}: give the fixture one`)
    return id
  })
  const query = new URLSearchParams(
    Object.fromEntries(required.map((name) => [name, queryValues(owner)[name] ?? owner.word])),
  )
  return parts.join('/') + (required.length === 0 ? '' : `?${query.toString()}`)
}

const operatorsOnly: Readonly<Record<string, string>> = {
  'organizations.id': '01900000-0000-7000-8000-000000000001',
  'operators.id': '01900000-0000-7000-8000-0000000000ff',
  'books.book': 'price',
  'versions.version': '1',
  'periods.period': '2026-01',
  'reratings.id': '01900000-0000-7000-8000-0000000000fe',
  'backtests.id': '01900000-0000-7000-8000-0000000000fd',
}

const queryValues = (owner: Tenant): Readonly<Record<string, string>> => ({
  source: owner.word,
  id: owner.word,
  time: String(Date.now()),
  charges: 'tokens',
  cut: '',
})

/** What the operator sees as costs of this customer, as figures to look for. */
async function costsOf(world: TenantsWorld, owner: Tenant): Promise<string[]> {
  const { body } = await world.ask('GET', `/api/v1/metering/usage?group_by=workspace_id`, { key: world.operatorKey })
  const rows = body['data'] as { group: Record<string, string>; cost_nanos?: string }[]
  return rows.flatMap(({ group, cost_nanos }) =>
    Object.values(group).includes(owner.workspaceId) && cost_nanos !== undefined ? [cost_nanos] : [],
  )
}
