import { organizationSchema, workspaceSchema } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { type AuthFixture, callerOf, startAuth } from '../auth-service.fixture.ts'
import { DEFAULT_ORGANIZATION_ID } from '../migrations/0003-identity.ts'

const unknown = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'

describeWith(['postgres'], 'organizations and the life of workspaces', () => {
  let auth: AuthFixture
  beforeAll(async () => {
    auth = await startAuth()
  })
  afterAll(() => auth.close())

  it('I-1 a workspace belongs to the organization it names, else to the default one', async () => {
    const organization = await auth.ask('POST', '/organizations', { body: { name: 'Acme Group' } })
    expect(organization.status).toBe(201)
    const { id } = organizationSchema.strict().parse(organization.body)
    expect((await auth.ask('GET', `/organizations/${id}`)).body).toEqual(organization.body)
    expect((await auth.ask('GET', '/organizations')).body['data'].map((item: { id: string }) => item.id)).toEqual([
      id,
      DEFAULT_ORGANIZATION_ID,
    ])
    const named = await auth.ask('POST', '/workspaces', { body: { name: 'A', organization_id: id } })
    expect(workspaceSchema.strict().parse(named.body).organization_id).toBe(id)
    const other = await auth.ask('POST', '/workspaces', { body: { name: 'B' } })
    expect(other.body['organization_id']).toBe(DEFAULT_ORGANIZATION_ID)
    const nowhere = await auth.ask('POST', '/workspaces', { body: { name: 'C', organization_id: unknown } })
    expect(nowhere.body).toMatchObject({ status: 404, code: 'organization.not_found' })
    expect((await auth.ask('GET', `/organizations/${unknown}`)).body).toMatchObject({
      status: 404,
      code: 'organization.not_found',
    })
  })

  it('I-1 is suspended, reinstated and closed for good, each told to every service', async () => {
    const id = await auth.workspace()
    const step = async (name: string) => {
      const { status, body } = await auth.ask('POST', `/workspaces/${id}/${name}`)
      return status === 200 ? body['status'] : [status, body['code']]
    }
    const refused = [409, 'workspace.state']
    expect(await step('reinstate')).toEqual(refused)
    expect(await step('suspend')).toBe('suspended')
    expect(await step('suspend')).toEqual(refused)
    expect(await step('reinstate')).toBe('active')
    expect(await step('close')).toBe('closed')
    for (const name of ['suspend', 'reinstate', 'close']) expect(await step(name)).toEqual(refused)
    const statuses = (await auth.announced()).flatMap((record) =>
      record.kind === 'workspace' && record.workspace.id === id ? [record.workspace.status] : [],
    )
    expect(statuses).toEqual(['active', 'suspended', 'active', 'closed'])
    expect((await auth.ask('POST', `/workspaces/${unknown}/close`)).body).toMatchObject({
      status: 404,
      code: 'workspace.not_found',
    })
  })

  it('I-4 a tenant lists, reads and renames the workspaces it belongs to; others are not there, whatever the body', async () => {
    const [mine, theirs] = [await auth.workspace(), await auth.workspace()]
    const as = callerOf(mine, ['workspaces:read', 'workspaces:write'])
    expect((await auth.ask('GET', '/workspaces', { as })).body['data'].map((item: { id: string }) => item.id)).toEqual([
      mine,
    ])
    expect((await auth.ask('GET', `/workspaces/${mine}`, { as })).body['id']).toBe(mine)
    const renamed = await auth.ask('PATCH', `/workspaces/${mine}`, { as, body: { name: 'New name' } })
    expect(renamed.body).toMatchObject({ id: mine, name: 'New name', status: 'active' })
    expect(await auth.announced()).toContainEqual({ kind: 'workspace', workspace: renamed.body })
    for (const id of [theirs, unknown]) {
      expect((await auth.ask('GET', `/workspaces/${id}`, { as })).body).toMatchObject({
        status: 404,
        code: 'workspace.not_found',
      })
      for (const body of [{ name: 'Mine now' }, { nonsense: 1 }, '{broken'])
        expect((await auth.ask('PATCH', `/workspaces/${id}`, { as, body })).body).toMatchObject({
          status: 404,
          code: 'workspace.not_found',
        })
    }
    expect((await auth.ask('GET', `/workspaces/${theirs}`)).body['name']).toBe('Acme')
  })

  it('I-4 a scope held in one workspace is of no use in another', async () => {
    const [first, second] = [await auth.workspace(), await auth.workspace()]
    const member = (workspace_id: string, scopes: string[]) => ({
      workspace_id,
      workspace_status: 'active' as const,
      team_id: null,
      scopes,
    })
    const memberships = [member(first, ['workspaces:write', 'workspaces:read']), member(second, ['workspaces:read'])]
    const as = callerOf(first, ['workspaces:write', 'workspaces:read'], { kind: 'user', memberships })
    expect((await auth.ask('PATCH', `/workspaces/${second}`, { as, body: { name: 'x' } })).body).toMatchObject({
      status: 403,
      code: 'scope.missing',
    })
    expect((await auth.ask('GET', '/workspaces', { as })).body['data'].map((item: { id: string }) => item.id)).toEqual([
      second,
      first,
    ])
  })

  it('I-1 a rename is checked like a name given at first', async () => {
    const id = await auth.workspace()
    for (const [body, field] of [
      [{}, 'name'],
      [{ name: '' }, 'name'],
      [{ name: 'x', status: 'closed' }, 'status'],
    ] as const)
      expect((await auth.ask('PATCH', `/workspaces/${id}`, { body })).body).toMatchObject({
        status: 400,
        errors: [{ in: 'body', field }],
      })
    expect((await auth.ask('PATCH', '/workspaces/acme', { body: { name: 'x' } })).body).toMatchObject({
      status: 400,
      errors: [{ in: 'path', field: 'id' }],
    })
  })
})
