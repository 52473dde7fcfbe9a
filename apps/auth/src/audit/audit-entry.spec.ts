import { auditRecordedSchema } from '@portitor/contracts'
import { auditEntry } from './audit-entry.ts'
import { callerOf } from '../auth-service.fixture.ts'

const at = new Date('2026-11-26T09:00:00.000Z')
const id = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const workspaceId = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d90'
const parent = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d91'
const credential = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d92'

describe('auditEntry', () => {
  it('I-6 says who did what to what, from where, and for which agents above', () => {
    const limits = { id, parents: [parent], allowed_models: null, allowed_tools: null, allowed_workflows: null }
    const caller = callerOf(workspaceId, [], { kind: 'agent', id, credential_id: credential, agent: limits })
    const action = { workspaceId, action: 'agent.created', target: 'agent:x', after: { name: 'Bo' } }
    const entry = auditEntry(id, at, caller, action)
    expect(auditRecordedSchema.strict().parse(entry)).toEqual({
      id,
      at: at.toISOString(),
      workspace_id: workspaceId,
      service: 'auth',
      actor: { kind: 'agent', id, credential_id: credential, on_behalf_of: [{ kind: 'agent', id: parent }] },
      action: 'agent.created',
      target: 'agent:x',
      before: null,
      after: { name: 'Bo' },
      address: '192.0.2.7',
      request_id: 'spec',
      outcome: 'done',
      code: null,
    })
  })

  it('I-1 tells of a refusal with its code, and of what concerns no workspace in the operator’s log', () => {
    const caller = callerOf(workspaceId, [])
    const action = {
      workspaceId: undefined,
      action: 'operator.added',
      target: undefined,
      refusedWith: 'scope.escalation',
    }
    const entry = auditRecordedSchema.parse(auditEntry(id, at, caller, action))
    expect(entry).toMatchObject({ workspace_id: null, target: null, outcome: 'refused', code: 'scope.escalation' })
  })
})
