import { IdentityFollower } from './identity-follower.ts'
import { elsewhere, heartbeat, here, identityLog, revoked, there } from './principal.fixture.ts'

const credential = '0199c1d2-7b3a-7c4e-9d21-0000000000ff'
const agent = '0199c1d2-7b3a-7c4e-9d21-0000000000aa'
const workspace = (id: string, status: 'active' | 'suspended') =>
  ({ kind: 'workspace', workspace: { id, name: 'x', status, created_at: '2026-11-21T09:00:00.000Z' } }) as const
const agentIs = (status: 'active' | 'suspended' | 'revoked') =>
  ({ kind: 'agent', agent: { id: agent, workspace_id: here, parent_agent_id: null, status } }) as const

describe('what follows identity.changed', () => {
  let nowMs: number
  let follower: IdentityFollower
  let record: ReturnType<typeof identityLog>
  const told: string[] = []
  const failures: unknown[] = []

  beforeEach(() => {
    nowMs = Date.parse('2026-11-21T09:00:00Z')
    told.length = 0
    failures.length = 0
    follower = new IdentityFollower({ now: () => nowMs, failed: (error) => failures.push(error) })
    follower.onChange((key) => told.push(key))
    record = identityLog()
  })

  it('I-3 has heard nothing before the first heartbeat, and is fresh for a second after each', () => {
    expect(follower.isFresh).toBe(false)
    follower.apply(record(heartbeat(nowMs)))
    expect(follower.isFresh).toBe(true)
    nowMs += 1_000
    expect(follower.isFresh).toBe(true)
    nowMs += 1
    expect(follower.isFresh).toBe(false)
  })

  it('I-3 a delayed topic is found out: an old heartbeat is old, however lately it came', () => {
    follower.apply(record(heartbeat(nowMs - 1_001)))
    expect([follower.isFresh, follower.heartbeatAgeMs]).toEqual([false, 1_001])
  })

  it('I-3 a clock that runs ahead makes a heartbeat old and never young', () => {
    follower.apply(record(heartbeat(nowMs + 5_000)))
    expect(follower.isFresh).toBe(false)
    follower.apply(record(heartbeat(nowMs + 500)))
    nowMs += 1_001
    expect(follower.heartbeatAgeMs).toBe(1_001)
  })

  it('I-3 tells and counts every change but heartbeats, also one that nobody can read', () => {
    follower.apply(record(revoked(credential)))
    follower.apply(record(heartbeat(nowMs)))
    follower.apply(record('{"kind":"mystery"}', `user:${credential}`))
    follower.apply(record(null, `role:${credential}`))
    expect(told).toEqual([`credential:${credential}`, `user:${credential}`, `role:${credential}`])
    expect([follower.changes, failures.length]).toEqual([3, 1])
  })

  it('knows workspaces it has heard of, and agents that are not active in their own workspace', () => {
    follower.apply(record(workspace(here, 'active')))
    follower.apply(record(workspace(there, 'suspended')))
    follower.apply(record(agentIs('suspended')))
    const { view } = follower
    expect([here, there, elsewhere].map((id) => view.workspaceStatus(id))).toEqual(['active', 'suspended', undefined])
    expect(view.agentStatus(here, agent.toUpperCase())).toBe('suspended')
    expect(view.agentStatus(there, agent)).toBeUndefined()
    follower.apply(record(agentIs('active')))
    expect(view.agentStatus(here, agent)).toBeUndefined()
  })

  it('I-6 an active agent is what the agents above it are, the worst of them, in their workspace only', () => {
    const [top, middle, low] = ['01', '02', '03'].map((end) => `0199c1d2-7b3a-7c4e-9d21-0000000000${end}`)
    const is = (id: string, parent: string | null, status: 'active' | 'suspended' | 'revoked') =>
      follower.apply(record({ kind: 'agent', agent: { id, workspace_id: here, parent_agent_id: parent, status } }))
    const statuses = () => [top!, middle!, low!].map((id) => follower.view.agentStatus(here, id))
    is(low!, middle!, 'active')
    is(middle!, top!, 'active')
    is(top!, null, 'suspended')
    expect(statuses()).toEqual(['suspended', 'suspended', 'suspended'])
    expect(follower.view.agentStatus(there, low!)).toBeUndefined()
    is(middle!, top!, 'revoked')
    expect(statuses()).toEqual(['suspended', 'revoked', 'revoked'])
    is(middle!, top!, 'active')
    is(top!, null, 'active')
    expect(statuses()).toEqual([undefined, undefined, undefined])
  })

  it('I-6 agents that stand in a circle, which auth never makes, are still answered for', () => {
    const [one, two] = ['01', '02'].map((end) => `0199c1d2-7b3a-7c4e-9d21-0000000000${end}`)
    for (const [id, parent] of [
      [one!, two!],
      [two!, one!],
    ] as const)
      follower.apply(
        record({ kind: 'agent', agent: { id, workspace_id: here, parent_agent_id: parent, status: 'active' } }),
      )
    expect(follower.view.agentStatus(here, one!)).toBeUndefined()
  })

  it('a log that is read again from its beginning brings nothing back', () => {
    const before = record(agentIs('active'))
    follower.apply(before)
    follower.apply(record(agentIs('revoked')))
    follower.apply(before)
    expect(follower.view.agentStatus(here, agent)).toBe('revoked')
    expect(follower.changes).toBe(2)
  })
})
