import type { LogRecord } from '@portitor/bus'
import {
  type IdentityChanged,
  identityChangedTopic,
  identityKey,
  type Membership,
  type Principal,
} from '@portitor/contracts'

export const here = '0199c1d2-7b3a-7c4e-9d21-00000000000a'
export const there = '0199c1d2-7b3a-7c4e-9d21-00000000000b'
export const elsewhere = '0199c1d2-7b3a-7c4e-9d21-00000000000c'

export const member = (workspace_id: string, more: Partial<Membership> = {}): Membership => ({
  workspace_id,
  workspace_status: 'active',
  team_id: null,
  scopes: ['ledger:read'],
  ...more,
})

export const principal = (more: Partial<Principal> = {}): Principal => ({
  kind: 'api_key',
  id: 'key',
  operator: false,
  credential_id: '0199c1d2-7b3a-7c4e-9d21-0000000000ff',
  mode: 'live',
  memberships: [member(here)],
  agent: null,
  ip_allow_list: [],
  expires_at: null,
  depends_on: ['credential:0199c1d2-7b3a-7c4e-9d21-0000000000ff', here],
  ...more,
})

/** Records of `identity.changed` as the log hands them out, in order. */
export function identityLog() {
  let offset = -1n
  return (changed: IdentityChanged | string | null, key?: string): LogRecord => ({
    topic: identityChangedTopic.name,
    partition: 0,
    offset: (offset += 1n),
    key: key ?? (typeof changed === 'object' && changed !== null ? identityKey(changed) : null),
    value: changed === null ? null : Buffer.from(typeof changed === 'string' ? changed : JSON.stringify(changed)),
    headers: {},
    timestampMs: 0,
  })
}

export const heartbeat = (ms: number): IdentityChanged => ({ kind: 'heartbeat', at: new Date(ms).toISOString() })

export const revoked = (id: string): IdentityChanged => ({
  kind: 'credential',
  credential: { id, workspace_id: here, agent_id: null, status: 'revoked' },
})
