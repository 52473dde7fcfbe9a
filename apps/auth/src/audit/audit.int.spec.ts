import { randomUUID } from 'node:crypto'
import {
  type AuditEntry,
  auditEntrySchema,
  type AuditRecorded,
  auditRecordedTopic,
  type AuditVerification,
  auditVerificationSchema,
} from '@portitor/contracts'
import { connectAsOwner, describeWith, until } from '@portitor/testing'
import { v7 as uuidv7 } from 'uuid'
import { appendAudit } from './audit.store.ts'
import { type IdentityWorld, openIdentity, operatorKey } from '../identity-world.fixture.ts'
import { OPERATOR_CHAIN } from '../migrations/0004-audit.ts'
import { TokenController } from '../tokens/token.controller.ts'

const entry = (workspaceId: string | null, changed: Partial<AuditRecorded> = {}): AuditRecorded => ({
  id: uuidv7(),
  at: new Date().toISOString(),
  workspace_id: workspaceId,
  service: 'spec',
  actor: { kind: 'operator', id: 'operator', credential_id: null, on_behalf_of: [] },
  action: 'thing.changed',
  target: 'thing:1',
  before: { name: 'old', list: [1, { b: 2, a: 1.5 }] },
  after: { name: 'näu "€" \\' },
  address: '10.0.0.1',
  request_id: 'r',
  outcome: 'done',
  code: null,
  ...changed,
})

describeWith(['postgres'], 'the audit log', () => {
  let world: IdentityWorld
  beforeEach(async () => {
    world = await openIdentity()
  })
  afterEach(() => world.close())

  const append = (...entries: AuditRecorded[]) => world.database.transaction((tx) => appendAudit(tx, entries))
  const ask = (path: string, workspaceId?: string) =>
    fetch(`${world.service.url}/api/v1/audit${path}`, {
      headers: { apikey: operatorKey, ...(workspaceId === undefined ? {} : { 'x-workspace-id': workspaceId }) },
    })
  const list = async (query = '', workspaceId?: string) => {
    const answer = (await (await ask(query, workspaceId)).json()) as { data: AuditEntry[]; next_cursor: string | null }
    return { ...answer, data: auditEntrySchema.array().parse(answer.data) }
  }
  const verify = async (workspaceId?: string): Promise<AuditVerification> =>
    auditVerificationSchema.parse(await (await ask('/verify', workspaceId)).json())
  /** As somebody who has the database itself. */
  const tamper = async (...statements: string[]) => {
    const owner = await connectAsOwner(world.url)
    await owner.query(`set session_replication_role = replica`)
    for (const statement of statements) await owner.query(statement)
    await owner.end()
  }

  it('C-1 counts each chain from 1 without gaps, whoever writes at the same time, and every hash fits', async () => {
    const chains = [await world.workspace(), await world.workspace(), null]
    const batches = Array.from({ length: 12 }, (_, n) => chains.toSpliced(n % 3, 1).map((chain) => entry(chain)))
    await Promise.all(batches.map((batch) => append(...batch)))
    for (const chain of chains) {
      const { rows } = await world.database.query<{ sequence: bigint }>(
        'select sequence from auth.audit_entries where workspace_id = $1 order by sequence',
        [chain ?? OPERATOR_CHAIN],
      )
      expect(rows.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    }
    expect(await verify()).toMatchObject({ ok: true, entries: 24 })
  })

  it('C-1 an entry that comes again, in the same batch or a later one, is recorded once', async () => {
    const once = entry(await world.workspace())
    await append(once, once)
    await append({ ...once, action: 'thing.forged' }, entry(null))
    const { data } = await list()
    expect(data.map(({ action, sequence }) => [action, sequence])).toEqual([
      ['thing.changed', '1'],
      ['thing.changed', '1'],
    ])
    expect(await verify()).toMatchObject({ ok: true, entries: 2 })
  })

  it('C-1 lists newest first with filters and pages, and shows what was recorded', async () => {
    const workspaceId = await world.workspace()
    const entries = Array.from({ length: 5 }, (_, n) =>
      entry(workspaceId, { at: new Date(1_700_000_000_000 + (n >> 1) * 1_000).toISOString(), target: `thing:${n}` }),
    )
    await append(...entries)
    const seen: AuditEntry[] = []
    let cursor: string | null = null
    do {
      const page = await list(`?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`, workspaceId)
      seen.push(...page.data)
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(seen).toEqual(entries.toReversed().map((each) => expect.objectContaining(each)))
    const targets = async (query: string) => (await list(query, workspaceId)).data.map(({ target }) => target)
    expect(await targets('?target=thing:3')).toEqual(['thing:3'])
    expect(await targets('?action=thing.changed&actor_id=operator&from=2023-11-14T22:13:22Z')).toEqual(['thing:4'])
    expect(await targets('?to=2023-11-14T22:13:21Z')).toEqual(['thing:1', 'thing:0'])
    expect(await targets('?actor_id=nobody')).toEqual([])
    expect(await (await ask('?cursor=abc')).json()).toMatchObject({ status: 400, code: 'cursor.malformed' })
    expect(await (await ask('?order=at')).json()).toMatchObject({ status: 400, errors: [{ field: 'order' }] })
  })

  it('C-1 I-4 a workspace sees its own chain and no other, the operator’s neither, whatever is set', async () => {
    const [mine, theirs] = [await world.workspace(), await world.workspace()]
    await append(entry(mine), entry(theirs), entry(null))
    expect((await list('', mine)).data.map(({ workspace_id }) => workspace_id)).toEqual([mine])
    expect((await verify(mine)).chains.map(({ workspace_id }) => workspace_id)).toEqual([mine])
    expect(await (await ask('/export', mine)).text()).not.toContain(theirs)
    for (const set of [OPERATOR_CHAIN, randomUUID()]) {
      for (const table of ['audit_entries', 'audit_heads'])
        expect((await world.database.asTenant(set, (tx) => tx.query(`select * from auth.${table}`))).rows).toEqual([])
    }
    await expect(world.database.asTenant(mine, (tx) => appendAudit(tx, [entry(mine)]))).rejects.toThrow(
      'permission denied',
    )
  })

  it('C-1 exports JSON lines in the order of the chains, whatever their length', async () => {
    const workspaceId = await world.workspace()
    for (let n = 0; n < 3; n += 1) await append(...Array.from({ length: 400 }, () => entry(workspaceId)))
    const answer = await ask('/export')
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
    const lines = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => auditEntrySchema.parse(JSON.parse(line)))
    expect(lines.map(({ sequence }) => Number(sequence))).toEqual(Array.from({ length: 1_200 }, (_, n) => n + 1))
    expect(lines.every((line, n) => n === 0 || line.previous_hash === lines[n - 1]!.hash)).toBe(true)
    expect(await verify()).toMatchObject({ ok: true, entries: 1_200, chains: [{ head_hash: lines.at(-1)!.hash }] })
  })

  it.each([
    ['an actor', `update auth.audit_entries set actor = '{"kind":"system"}' where sequence = 3`, '3', 'changed'],
    ['a time', `update auth.audit_entries set at = at + interval '1 ms' where sequence = 3`, '3', 'changed'],
    ['a removal', 'delete from auth.audit_entries where sequence = 3', '3', 'removed'],
    ['a cut-off end', 'delete from auth.audit_entries where sequence > 3', '4', 'missing'],
    ['a copy at the end', copy('sequence + 1', 'sequence = 5'), '6', 'inserted'],
    ['a whole chain gone', 'delete from auth.audit_entries', '1', 'missing'],
    ['a head gone', 'delete from auth.audit_heads', '1', 'no head'],
    ['a head put back', 'update auth.audit_heads set sequence = 4', '5', 'behind the head'],
  ])('C-1 verification finds %s that somebody with the database made', async (_, statement, sequence, reason) => {
    const workspaceId = await world.workspace()
    await append(...Array.from({ length: 5 }, () => entry(workspaceId)))
    await tamper(statement)
    const verification = await verify()
    expect(verification.ok).toBe(false)
    expect(verification.chains).toMatchObject([
      { workspace_id: workspaceId, broken: { sequence, reason: expect.stringContaining(reason) } },
    ])
    expect(await verify(workspaceId)).toMatchObject({ ok: false })
  })

  it('C-1 verification finds an entry put into the middle, and damage in one chain leaves the others proven', async () => {
    const [broken, whole] = [await world.workspace(), await world.workspace()]
    await append(...Array.from({ length: 4 }, () => entry(broken)), entry(whole), entry(null))
    await tamper(
      `update auth.audit_entries set sequence = sequence + 100 where workspace_id = '${broken}' and sequence > 2`,
      `update auth.audit_entries set sequence = sequence - 99 where workspace_id = '${broken}' and sequence > 100`,
      copy('3', `workspace_id = '${broken}' and sequence = 2`),
    )
    const { chains } = await verify()
    expect(Object.fromEntries(chains.map((chain) => [chain.workspace_id, chain.broken?.sequence]))).toEqual({
      [broken]: '3',
      [whole]: undefined,
      null: undefined,
    })
  })

  it.each([
    'update auth.audit_entries set action = action',
    'update auth.audit_entries set action = action where false',
    'delete from auth.audit_entries',
    'truncate auth.audit_entries',
    'delete from auth.audit_heads',
    'truncate auth.audit_heads',
    'update auth.audit_heads set sequence = sequence - 1',
    `update auth.audit_heads set hash = '\\x00'`,
  ])('C-1 the database refuses `%s` to the service and to the owner', async (statement) => {
    await append(entry(null))
    await expect(world.database.query(statement)).rejects.toMatchObject({ code: '42501' })
    const owner = await connectAsOwner(world.url)
    await expect(owner.query(statement)).rejects.toMatchObject({ code: '42501' })
    await owner.end()
    expect(await verify()).toMatchObject({ ok: true, entries: 1 })
  })

  it('C-1 what other services publish is recorded once, also by a consumer that was killed before it acknowledged', async () => {
    const workspaceId = await world.workspace()
    const sent = [entry(workspaceId), entry(null), entry(workspaceId)]
    const messages = sent.map((each) => ({
      topic: auditRecordedTopic,
      key: each.workspace_id,
      value: JSON.stringify(each),
    }))
    await world.bus.append(messages)
    await until(async () => (await list()).data.length === 3)
    // Its position was lost with it: everything is read again.
    await world.service.close()
    await world.database.query(`update bus.positions set next_offset = 0 where consumer = 'auth.audit'`)
    await world.bus.append([{ topic: auditRecordedTopic, key: workspaceId, value: JSON.stringify(entry(workspaceId)) }])
    const restarted = await world.boot()
    await until(async () => (await stored()) >= 4)
    await until(async () => (await unread()) === 0)
    await restarted.close()
    expect(await stored()).toBe(4)
  })

  const stored = () => count('select count(*) as n from auth.audit_entries')
  /** Records that the consumer has not passed yet. */
  const unread = () =>
    count(`select count(*) as n from bus.records r where topic = '${auditRecordedTopic.name}' and record_offset >= coalesce(
      (select next_offset from bus.positions p where p.consumer = 'auth.audit' and p.topic = r.topic and p.partition = r.partition), 0)`)
  const count = async (statement: string) => Number((await world.database.query<{ n: bigint }>(statement)).rows[0]!.n)

  it('C-1 a record that is no entry, or one that no table takes, is told in the log and blocks nothing', async () => {
    const secret = 'ptr_live_notforthelog'
    const unstorable = entry(null, { target: 'a\u0000b' })
    for (const value of [`{"key": "${secret}"`, JSON.stringify({ action: secret }), JSON.stringify(unstorable)])
      await world.bus.append([{ topic: auditRecordedTopic, key: null, value }])
    await world.bus.append([{ topic: auditRecordedTopic, key: null, value: JSON.stringify(entry(null)) }])
    await until(async () => (await list()).data.length === 4)
    const { data } = await list()
    expect(data.filter(({ action }) => action === 'audit.unreadable')).toHaveLength(3)
    expect(JSON.stringify(data)).not.toContain(secret)
  })

  it('I-3 C-1 no entry holds a key, a hash or a token', async () => {
    const { id, key } = await world.credential(await world.workspace())
    const answer = await world.introspect(key)
    if (!('principal' in answer)) throw new Error('refused')
    const tokens = world.service.app.get(TokenController, { strict: false })
    const caller = { principal: answer.principal, address: '10.0.0.1', requestId: 'spec' }
    const { access_token } = await tokens.issue(caller as never, { expires_in: 60 })
    await world.introspect(`${access_token.slice(0, -4)}AAAA`)
    await world.database.query('update auth.credentials set revoked_at = now() where id = $1', [id])
    await world.introspect(key)
    await world.introspect(access_token)
    // A stop writes what is still counted.
    await world.service.close()
    const { rows } = await world.database.query<{ entry: string; hash: string }>(
      `select e::text as entry, encode(c.hash, 'hex') as hash from auth.audit_entries e, auth.credentials c order by e.at`,
    )
    expect(rows.map(({ entry }) => /token\.issued|credential\.refused/.exec(entry)?.[0])).toEqual([
      'token.issued',
      'credential.refused',
    ])
    for (const { entry, hash } of rows)
      for (const secret of [key, key.slice(9, 30), hash, ...access_token.split('.')])
        expect(entry).not.toContain(secret)
  })
})

/** SQL that puts a copy of an entry somewhere else in its chain. */
function copy(sequence: string, where: string): string {
  return `insert into auth.audit_entries (workspace_id, sequence, id, at, service, actor, action, outcome, previous_hash, hash)
    select workspace_id, ${sequence}, gen_random_uuid(), at, service, actor, action, outcome, previous_hash, hash
    from auth.audit_entries where ${where}`
}
