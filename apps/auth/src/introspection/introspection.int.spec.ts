import { randomInt } from 'node:crypto'
import { jest } from '@jest/globals'
import { newApiKey } from '@portitor/identity'
import { connectAsOwner, describeWith, until } from '@portitor/testing'
import { type IdentityWorld, openIdentity } from '../identity-world.fixture.ts'
import { RefusedCredentialsJob } from './refused-credentials.job.ts'

describeWith(['postgres'], 'what a credential is good for', () => {
  let world: IdentityWorld
  beforeAll(async () => {
    world = await openIdentity()
  })
  afterAll(() => world.close())

  const refusalOf = async (credential: string, address?: string) => {
    const answer = await world.introspect(credential, address)
    if (!('refused' in answer)) throw new Error('the credential was accepted')
    return answer.refused
  }
  const principalOf = async (credential: string, address?: string) => {
    const answer = await world.introspect(credential, address)
    if (!('principal' in answer)) throw new Error(`refused: ${answer.refused.code}`)
    return answer.principal
  }

  it('I-3 a key acts in its workspace with its scopes, from its addresses, until it expires', async () => {
    const workspaceId = await world.workspace()
    const expiresAt = new Date(Date.now() + 3_600_000)
    const row = { scopes: ['ledger:read'], expiresAt, ipAllowList: ['10.0.0.0/8'] }
    const { id, key } = await world.credential(workspaceId, row)
    expect(await principalOf(key)).toEqual({
      kind: 'api_key',
      id,
      operator: false,
      credential_id: id,
      mode: 'live',
      memberships: [{ workspace_id: workspaceId, workspace_status: 'active', team_id: null, scopes: ['ledger:read'] }],
      agent: null,
      ip_allow_list: ['10.0.0.0/8'],
      expires_at: expiresAt.toISOString(),
      depends_on: [`credential:${id}`, workspaceId],
    })
  })

  it('I-3 a database that does not answer is 503 with the time to wait, nothing stays behind, and then it answers again', async () => {
    const { key } = await world.credential(await world.workspace())
    const owner = await connectAsOwner(world.url)
    const waiting = async () => {
      const { rows } = await owner.query(
        `select count(*)::int as n from pg_stat_activity where application_name like '%authentication' and wait_event_type = 'Lock'`,
      )
      return rows[0].n as number
    }
    try {
      await owner.query('begin')
      await owner.query('lock table auth.credentials in access exclusive mode')
      // More than have a connection of their own.
      const asked = await Promise.all(Array.from({ length: 12 }, () => world.ask(key)))
      for (const answer of asked) {
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
        expect(await answer.json()).toMatchObject({ code: 'service.unavailable' })
      }
      await until(async () => (await waiting()) === 0)
    } finally {
      await owner.query('rollback')
      await owner.end()
    }
    expect(await principalOf(key)).toMatchObject({ kind: 'api_key' })
  })

  it('I-3 a test key acts in test mode, and the state of the workspace comes along', async () => {
    const { key } = await world.credential(await world.workspace('suspended'), { kind: 'test' })
    expect(await principalOf(key)).toMatchObject({ mode: 'test', memberships: [{ workspace_status: 'suspended' }] })
  })

  it('I-2 malformed, mistyped, unknown, expired, revoked and oversized are 401, each with its own code', async () => {
    const workspaceId = await world.workspace()
    const { key: expired } = await world.credential(workspaceId, { expiresAt: new Date(Date.now() - 1) })
    const { key: revoked } = await world.credential(workspaceId, { revokedAt: new Date() })
    const fresh = newApiKey('live', randomInt)
    const mistyped = fresh.slice(0, -1) + (fresh.endsWith('0') ? '1' : '0')
    for (const [credential, code] of [
      ['hunter2', 'credential.malformed'],
      [`ptr_live_${'!'.repeat(36)}`, 'credential.malformed'],
      [mistyped, 'credential.mistyped'],
      [fresh, 'credential.unknown'],
      [expired, 'credential.expired'],
      [revoked, 'credential.revoked'],
      ['x'.repeat(8_193), 'credential.oversized'],
    ] as const)
      expect(await refusalOf(credential)).toMatchObject({ status: 401, code })
  })

  it('I-3 a malformed or mistyped key never reaches the database', async () => {
    const query = jest.spyOn(world.database, 'query')
    const fresh = newApiKey('agent', randomInt)
    await refusalOf(fresh.slice(0, -1) + (fresh.endsWith('0') ? '1' : '0'))
    await refusalOf('ptr_live_short')
    const asked = query.mock.calls.filter(([statement]) => JSON.stringify(statement).includes('credentials'))
    query.mockRestore()
    expect(asked).toEqual([])
  })

  it('I-6 an agent has what it, its credential and all its parents allow together, and depends on all of them', async () => {
    const workspaceId = await world.workspace()
    const parent = await world.agent(workspaceId, { models: ['a', 'b'], scopes: ['metering:write', 'invoke:model:a'] })
    const agentId = await world.agent(workspaceId, { parent, models: ['b', 'c'] })
    const { id, key } = await world.credential(workspaceId, {
      agentId,
      scopes: ['metering:write', 'keys:write', 'invoke:*'],
    })
    expect(await principalOf(key)).toMatchObject({
      kind: 'agent',
      id: agentId,
      credential_id: id,
      memberships: [{ scopes: ['metering:write', 'invoke:model:a'] }],
      agent: { id: agentId, parents: [parent], allowed_models: ['b'], allowed_tools: null, allowed_workflows: null },
      depends_on: [`credential:${id}`, workspaceId, `agent:${agentId}`, `agent:${parent}`],
    })
  })

  it('I-6 a suspended agent or parent is 403, a revoked one 401', async () => {
    const workspaceId = await world.workspace()
    const keyOf = async (status: string, parent?: string) => {
      const agentId = await world.agent(workspaceId, { status, ...(parent === undefined ? {} : { parent }) })
      return (await world.credential(workspaceId, { agentId })).key
    }
    const suspended = await world.agent(workspaceId, { status: 'suspended' })
    expect(await refusalOf(await keyOf('suspended'))).toMatchObject({ status: 403, code: 'agent.suspended' })
    expect(await refusalOf(await keyOf('active', suspended))).toMatchObject({ status: 403, code: 'agent.suspended' })
    expect(await refusalOf(await keyOf('revoked'))).toMatchObject({ status: 401, code: 'credential.revoked' })
  })

  it('I-6 a chain that is too deep, or a circle, is refused and not cut off', async () => {
    const workspaceId = await world.workspace()
    let parent = await world.agent(workspaceId)
    const top = parent
    for (let depth = 2; depth <= 8; depth += 1) parent = await world.agent(workspaceId, { parent })
    expect(await principalOf((await world.credential(workspaceId, { agentId: parent })).key)).toMatchObject({
      kind: 'agent',
    })
    const ninth = await world.agent(workspaceId, { parent })
    const { key } = await world.credential(workspaceId, { agentId: ninth })
    expect(await refusalOf(key)).toMatchObject({ code: 'agent.suspended' })
    await world.database.query('update auth.agents set parent_agent_id = $1 where id = $2', [parent, top])
    expect(await refusalOf(key)).toMatchObject({ code: 'agent.suspended' })
  })

  it('I-3 the last use is noted at most once a minute', async () => {
    const { id, key } = await world.credential(await world.workspace())
    const lastUse = async () => {
      const { rows } = await world.database.query<{ last_used_at: Date | null }>(
        'select last_used_at from auth.credentials where id = $1',
        [id],
      )
      return rows[0]!.last_used_at
    }
    const before = Date.now()
    await principalOf(key)
    const first = await lastUse()
    expect(first!.getTime()).toBeGreaterThanOrEqual(before)
    expect(first!.getTime()).toBeLessThanOrEqual(Date.now())
    await principalOf(key)
    expect(await lastUse()).toEqual(first)
    await world.database.query(`update auth.credentials set last_used_at = now() - interval '61 s' where id = $1`, [id])
    await principalOf(key)
    expect((await lastUse())!.getTime()).toBeGreaterThanOrEqual(first!.getTime())
  })

  it('I-3 guessing is slowed, and never delays or locks out a good credential from the same address', async () => {
    const { key } = await world.credential(await world.workspace())
    const delays: number[] = []
    for (let n = 0; n < 12; n += 1) delays.push((await refusalOf(newApiKey('live', randomInt), '10.9.9.9')).delay_ms)
    expect(delays[0]).toBe(0)
    expect(delays.at(-1)).toBeGreaterThan(1_000)
    expect(Math.max(...delays)).toBeLessThanOrEqual(2_000)
    // What is held back is told by the answer, and a good one says nothing of the kind.
    expect(Object.keys(await world.introspect(key, '10.9.9.9'))).toEqual(['principal'])
    expect((await refusalOf('nonsense', '10.9.9.8')).delay_ms).toBe(0)
  })

  it('I-3 C-1 guesses are audited as one entry with their count, and nothing of what was guessed', async () => {
    const job = world.service.app.get(RefusedCredentialsJob, { strict: false })
    await job.flush()
    const guesses = Array.from({ length: 7 }, () => newApiKey('live', randomInt))
    for (const guess of guesses) await refusalOf(guess, '10.7.7.7')
    await refusalOf('nonsense', '10.7.7.7')
    await job.flush()
    await job.flush()
    const { rows } = await world.database.query<{ after: object; entry: string }>(
      `select after, e::text as entry from auth.audit_entries e where action = 'credential.refused' and address = '10.7.7.7'`,
    )
    expect(rows.map(({ after }) => after)).toEqual([
      { count: 8, codes: { 'credential.unknown': 7, 'credential.malformed': 1 } },
    ])
    for (const guess of guesses) expect(rows[0]!.entry).not.toContain(guess.slice(9, 20))
  })

  it('I-2 refuses a body that is not as declared with 400 naming the field', async () => {
    await expect(world.introspect('x', 'a'.repeat(65))).rejects.toThrow(/400 .*"field":"address"/)
  })
})
