import { auditRecordedSchema } from '@portitor/contracts'
import { here, principal } from './principal.fixture.ts'
import { type RefusedScope, RefusedScopes } from './refused-scopes.ts'

const at = new Date('2026-11-21T09:00:00Z')
const newId = () => crypto.randomUUID()
const refusal = (more: Partial<RefusedScope> = {}): RefusedScope => ({
  principal: principal(),
  workspaceId: here,
  scope: 'ledger:read',
  address: '192.0.2.7',
  requestId: 'first',
  ...more,
})

describe('refused scopes for the audit log', () => {
  it('C-1 one entry a credential and workspace, however often it tries: who, which scopes, how often, from where last', () => {
    const refused = new RefusedScopes()
    for (let n = 0; n < 10_000; n += 1) refused.add(refusal())
    refused.add(refusal({ scope: 'keys:write', address: '192.0.2.8', requestId: 'last' }))
    refused.add(refusal({ workspaceId: undefined }))
    const [entry, whole, ...more] = refused.take('ledger', at, newId).map((each) => auditRecordedSchema.parse(each))
    expect(entry).toMatchObject({
      workspace_id: here,
      service: 'ledger',
      actor: { kind: 'api_key', id: 'key', credential_id: principal().credential_id },
      action: 'scope.refused',
      after: { count: 10_001, scopes: { 'ledger:read': 10_000, 'keys:write': 1 } },
      address: '192.0.2.8',
      request_id: 'last',
      outcome: 'refused',
      code: 'scope.missing',
    })
    expect([whole!.workspace_id, more]).toEqual([null, []])
    expect(refused.take('ledger', at, newId)).toEqual([])
  })

  it('C-1 beyond a thousand credentials the others are counted together, so the log stays bounded and nothing is hidden', () => {
    const refused = new RefusedScopes()
    for (let n = 0; n < 1_500; n += 1) refused.add(refusal({ principal: principal({ credential_id: newId() }) }))
    const entries = refused.take('ledger', at, newId)
    expect(entries).toHaveLength(1_001)
    expect(entries.at(-1)).toMatchObject({ workspace_id: null, actor: { kind: 'anonymous' }, after: { count: 500 } })
  })
})
