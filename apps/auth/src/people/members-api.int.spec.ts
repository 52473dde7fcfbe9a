import { builtInRoles, memberSchema, operatorSchema, resourceScopes, roleSchema, teamSchema } from '@portitor/contracts'
import { describeWith } from '@portitor/testing'
import { type AuthFixture, callerOf, startAuth } from '../auth-service.fixture.ts'

const unknown = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'

describeWith(['postgres'], 'the API of teams, roles, members and staff', () => {
  let auth: AuthFixture
  let mine: string
  let theirs: string
  let people = 0
  beforeAll(async () => {
    auth = await startAuth()
    mine = await auth.workspace()
    theirs = await auth.workspace()
  })
  afterAll(() => auth.close())

  type As = NonNullable<Parameters<AuthFixture['ask']>[2]>['as']
  const post = (path: string, body: unknown, as: As = mine) => auth.ask('POST', path, { as, body })
  const patch = (path: string, body: unknown, as: As = mine) => auth.ask('PATCH', path, { as, body })
  const remove = (path: string, as: As = mine) => auth.ask('DELETE', path, { as })
  const list = async (path: string, as: As = mine) => (await auth.ask('GET', path, { as })).body['data']
  const person = () => `person${(people += 1)}@example.com`
  const add = async (role: string, as: As = mine) =>
    (await post('/members', { email: person(), role }, as)).body['user_id'] as string

  it('I-1 adds a person once, and finds them again by e-mail in any case', async () => {
    const added = await post('/members', { email: 'Ada@Example.com', name: 'Ada', role: 'developer' })
    expect(added.status).toBe(201)
    expect(memberSchema.strict().parse(added.body)).toMatchObject({
      email: 'Ada@Example.com',
      name: 'Ada',
      role: 'developer',
    })
    expect((await post('/members', { email: 'ada@example.COM', role: 'viewer' })).body).toMatchObject({
      status: 409,
      code: 'member.exists',
    })
    const elsewhere = await post('/members', { email: 'ada@example.com', role: 'viewer' }, theirs)
    expect(elsewhere.body).toMatchObject({ user_id: added.body['user_id'], role: 'viewer' })
    const { rows } = await auth.database.query(`select 1 from auth.users where lower(email) = 'ada@example.com'`)
    expect(rows).toHaveLength(1)
    expect(await auth.announced()).toContainEqual({ kind: 'user', user: { id: added.body['user_id'] } })
  })

  it('I-1 two who add the same person at the same time add one person and one member', async () => {
    const body = { email: person(), role: 'viewer' }
    const answers = await Promise.all([post('/members', body), post('/members', body), post('/members', body, theirs)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 409])
    expect((await auth.database.query('select 1 from auth.users where email = $1', [body.email])).rows).toHaveLength(1)
  })

  it('I-1 a workspace keeps its last owner, and everybody but the last may go', async () => {
    const workspace = await auth.workspace()
    const [one, two] = [await add('owner', workspace), await add('owner', workspace)]
    expect((await patch(`/members/${one}`, { role: 'viewer' }, workspace)).body).toMatchObject({
      user_id: one,
      role: 'viewer',
    })
    expect((await patch(`/members/${two}`, { role: 'admin' }, workspace)).body).toMatchObject({
      status: 409,
      code: 'member.last_owner',
    })
    expect((await remove(`/members/${two}`, workspace)).body).toMatchObject({ status: 409, code: 'member.last_owner' })
    expect((await patch(`/members/${two}`, { role: 'owner' }, workspace)).status).toBe(200)
    expect((await remove(`/members/${one}`, workspace)).body).toMatchObject({ user_id: one, role: 'viewer' })
    expect((await remove(`/members/${one}`, workspace)).body).toMatchObject({ status: 404, code: 'member.not_found' })
    expect((await list('/members', workspace)).map((member: { user_id: string }) => member.user_id)).toEqual([two])
  })

  it('I-1 owners who remove each other at the same time leave one', async () => {
    const workspace = await auth.workspace()
    const owners = [await add('owner', workspace), await add('owner', workspace), await add('owner', workspace)]
    const answers = await Promise.all(owners.map((id) => remove(`/members/${id}`, workspace)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 409])
  })

  it('I-1 nobody gives a role with more than they hold, nor makes one', async () => {
    const admin = callerOf(mine, builtInRoles['admin']!)
    const member = await add('viewer')
    const refused = { status: 403, code: 'scope.escalation' }
    expect((await post('/members', { email: person(), role: 'owner' }, admin)).body).toMatchObject(refused)
    expect((await patch(`/members/${member}`, { role: 'owner' }, admin)).body).toMatchObject(refused)
    expect((await patch(`/members/${member}`, { role: 'finance' }, admin)).body).toMatchObject(refused)
    expect((await post('/roles', { name: 'sneaky', scopes: ['billing:write'] }, admin)).body).toMatchObject(refused)
    const role = (await post('/roles', { name: 'modest', scopes: ['usage:read'] }, admin)).body
    expect((await patch(`/roles/${role['id']}`, { scopes: ['billing:write'] }, admin)).body).toMatchObject(refused)
    expect((await patch(`/members/${member}`, { role: 'admin' }, admin)).status).toBe(200)
    expect((await list('/roles')).find((item: { name: string }) => item.name === 'modest').scopes).toEqual([
      'usage:read',
    ])
  })

  it('I-1 lists the roles of the product, then those of the workspace, newest first, each exactly once', async () => {
    const workspace = await auth.workspace()
    for (const name of ['first', 'second', 'third']) await post('/roles', { name, scopes: [] }, workspace)
    const names: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await auth.ask('GET', `/roles?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, {
        as: workspace,
      })
      names.push(...body['data'].map((role: unknown) => roleSchema.strict().parse(role).name))
      cursor = body['next_cursor']
    }
    expect(names).toEqual([...Object.keys(builtInRoles), 'third', 'second', 'first'])
  })

  it('I-1 a role has a name of its own, changes for all who have it, and stays while somebody has it', async () => {
    const role = await post('/roles', { name: 'support', scopes: ['usage:read'] })
    expect(roleSchema.strict().parse(role.body)).toMatchObject({ name: 'support', built_in: false })
    const { id } = role.body
    for (const name of ['support', 'owner', 'viewer'])
      expect((await post('/roles', { name, scopes: [] })).body).toMatchObject({ status: 409, code: 'role.exists' })
    expect((await post('/roles', { name: 'support', scopes: [] }, theirs)).status).toBe(201)
    const member = await add('support')
    expect((await remove(`/roles/${id}`)).body).toMatchObject({ status: 409, code: 'role.in_use' })
    expect((await patch(`/roles/${id}`, { scopes: ['ledger:read'] })).body).toEqual({
      ...role.body,
      scopes: ['ledger:read'],
    })
    await patch(`/members/${member}`, { role: 'viewer' })
    expect((await remove(`/roles/${id}`)).status).toBe(200)
    expect((await post('/members', { email: person(), role: 'support' })).body).toMatchObject({
      status: 404,
      code: 'role.not_found',
    })
    const about = (await auth.announced()).filter((record) => record.kind === 'role' && record.role.id === id)
    expect(about).toHaveLength(3)
  })

  it('I-1 a name that every object has is no role', async () => {
    for (const role of ['constructor', 'valueof', '__proto__'])
      expect([400, 404]).toContain((await post('/members', { email: person(), role })).status)
    expect((await post('/members', { email: person(), role: 'constructor' })).body).toMatchObject({
      code: 'role.not_found',
    })
  })

  it('I-1 the members of a team that is removed stay in the workspace', async () => {
    const team = await post('/teams', { name: 'Blue' })
    expect(teamSchema.strict().parse(team.body).name).toBe('Blue')
    const { body } = await post('/members', { email: person(), role: 'viewer', team_id: team.body['id'] })
    expect(body['team_id']).toBe(team.body['id'])
    expect((await remove(`/teams/${team.body['id']}`)).body).toEqual(team.body)
    expect((await remove(`/teams/${team.body['id']}`)).body).toMatchObject({ status: 404, code: 'team.not_found' })
    const member = (await list('/members?limit=500')).find(
      (item: { user_id: string }) => item.user_id === body['user_id'],
    )
    expect(member.team_id).toBeNull()
    const told = (await auth.announced()).filter(
      (record) => record.kind === 'user' && record.user.id === body['user_id'],
    )
    expect(told).toHaveLength(2)
  })

  it('I-1 pages through the members, who joined last first, each exactly once', async () => {
    const workspace = await auth.workspace()
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) ids.unshift(await add('viewer', workspace))
    // Known long before, but here the newest.
    const known = (await list('/members?limit=1', mine))[0]
    await post('/members', { email: known.email, role: 'viewer' }, workspace)
    ids.unshift(known.user_id)
    const first = await auth.ask('GET', '/members?limit=4', { as: workspace })
    const rest = await list(`/members?limit=4&cursor=${first.body['next_cursor']}`, workspace)
    expect([...first.body['data'], ...rest].map(({ user_id }) => user_id)).toEqual(ids)
    for (const cursor of ['abc', Buffer.from(`2026-13-41T99:99:99.999Z ${unknown}`).toString('base64url')])
      expect((await auth.ask('GET', `/members?cursor=${cursor}`, { as: workspace })).body).toMatchObject({
        status: 400,
        errors: [{ in: 'query', field: 'cursor' }],
      })
  })

  it('I-4 what another workspace has is not there, whatever the body says', async () => {
    const member = await add('viewer')
    const role = (await post('/roles', { name: 'theirs_not', scopes: [] })).body['id']
    const team = (await post('/teams', { name: 'Red' })).body['id']
    for (const as of [theirs, callerOf(theirs, resourceScopes)]) {
      for (const body of [{}, { nonsense: 1 }, '{broken']) {
        expect((await patch(`/members/${member}`, body, as)).body).toMatchObject({
          status: 404,
          code: 'member.not_found',
        })
        expect((await patch(`/roles/${role}`, body, as)).body).toMatchObject({ status: 404, code: 'role.not_found' })
      }
      expect((await remove(`/members/${member}`, as)).body).toMatchObject({ status: 404, code: 'member.not_found' })
      expect((await remove(`/roles/${role}`, as)).body).toMatchObject({ status: 404, code: 'role.not_found' })
      expect((await remove(`/teams/${team}`, as)).body).toMatchObject({ status: 404, code: 'team.not_found' })
      expect((await post('/members', { email: person(), role: 'theirs_not' }, as)).body).toMatchObject({ status: 404 })
      expect((await post('/members', { email: person(), role: 'viewer', team_id: team }, as)).body).toMatchObject({
        status: 404,
        code: 'team.not_found',
      })
      expect(JSON.stringify(await list('/members?limit=500', as))).not.toContain(member)
      expect(JSON.stringify([await list('/roles?limit=500', as), await list('/teams?limit=500', as)])).not.toContain(
        'theirs_not',
      )
    }
  })

  it('I-4 the database shows a tenant the people of its own workspace and lets it write into no other', async () => {
    const stranger = await add('viewer', theirs)
    const seen = await auth.database.asTenant(mine, (tx) => tx.query<{ id: string }>('select id from auth.users'))
    expect(seen.rows.length).toBeGreaterThan(0)
    expect(seen.rows.map(({ id }) => id)).not.toContain(stranger)
    const insert = `insert into auth.teams values (gen_random_uuid(), '${theirs}', 'x', now())`
    await expect(auth.database.asTenant(mine, (tx) => tx.query(insert))).rejects.toThrow('row-level security')
    await expect(auth.database.asTenant(mine, (tx) => tx.query('select hash from auth.credentials'))).rejects.toThrow(
      'permission denied',
    )
  })

  it('I-1 the operator’s staff is added by e-mail, listed and removed, and told to every service', async () => {
    const email = person()
    const added = await auth.ask('POST', '/operators', { body: { email, name: 'Op' } })
    expect(operatorSchema.strict().parse(added.body)).toMatchObject({ email, name: 'Op' })
    const id = added.body['user_id']
    expect((await auth.ask('POST', '/operators', { body: { email: email.toUpperCase() } })).body).toMatchObject({
      status: 409,
      code: 'operator.exists',
    })
    expect(await list('/operators', undefined)).toEqual([added.body])
    expect((await auth.ask('DELETE', `/operators/${id}`)).body).toEqual(added.body)
    expect((await auth.ask('DELETE', `/operators/${id}`)).body).toMatchObject({
      status: 404,
      code: 'operator.not_found',
    })
    expect((await auth.announced()).filter((record) => record.kind === 'user' && record.user.id === id)).toHaveLength(2)
  })

  it.each([
    ['/members', { role: 'viewer' }, 'email'],
    ['/members', { email: 'nobody', role: 'viewer' }, 'email'],
    ['/members', { email: 'a@example.com', role: 'Viewer' }, 'role'],
    ['/members', { email: 'a@example.com', role: 'viewer', team_id: 'blue' }, 'team_id'],
    ['/members', { email: 'a@example.com', role: 'viewer', admin: true }, 'admin'],
    ['/roles', { name: 'Support', scopes: [] }, 'name'],
    ['/roles', { name: 'support' }, 'scopes'],
    ['/roles', { name: 'support', scopes: ['*'] }, 'scopes[0]'],
    ['/roles', { name: 'support', scopes: [], id: unknown }, 'id'],
    ['/teams', { name: ' ' }, 'name'],
    ['/teams', { name: 'x', lead: 'me' }, 'lead'],
    ['/operators', { email: 7 }, 'email'],
    ['/operators', { email: 'a@example.com', role: 'owner' }, 'role'],
  ])('I-1 POST %s refuses %j, naming the field', async (path, body, field) => {
    expect((await post(path, body)).body).toMatchObject({
      status: 400,
      code: 'request.invalid',
      errors: [{ in: 'body', field }],
    })
  })

  it('I-1 refuses a malformed id with 400 naming it', async () => {
    for (const path of ['/members/x', '/roles/owner', '/teams/x', '/operators/x'])
      expect((await remove(path)).body).toMatchObject({ status: 400, errors: [{ in: 'path', field: 'id' }] })
  })
})
