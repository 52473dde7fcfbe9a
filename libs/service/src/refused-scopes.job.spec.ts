import { randomInt } from 'node:crypto'
import { Controller, Get, Module } from '@nestjs/common'
import type { OutgoingMessage } from '@portitor/bus'
import { auditRecordedSchema, auditRecordedTopic, type Principal } from '@portitor/contracts'
import { newApiKey } from '@portitor/identity'
import { bootService, createLog } from './index.ts'
import { RefusedScopesJob } from './refused-scopes.job.ts'
import { declared, introspectEndpoints, quietBus, standForAuth } from './stand-ins.fixture.ts'

const workspace = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const key = newApiKey('live', randomInt)
const principal: Principal = {
  kind: 'api_key',
  id: 'key',
  operator: false,
  credential_id: '0199c1d2-7b3a-7c4e-9d21-0000000000ff',
  mode: 'live',
  memberships: [{ workspace_id: workspace, workspace_status: 'active', team_id: null, scopes: ['ledger:read'] }],
  agent: null,
  ip_allow_list: [],
  expires_at: null,
  depends_on: [workspace],
}

@Controller('api/v1/things')
class ThingsController {
  @Get()
  list() {
    return []
  }
}

@Module({ controllers: [ThingsController, standForAuth(() => ({ principal }))] })
class ThingsModule {}

const log = createLog({ name: 'things', level: 'silent' })

describe('what the audit log is told of refused scopes', () => {
  it('C-1 a credential that lacks the scope, once with the count, at the latest when the service ends', async () => {
    const told: OutgoingMessage[] = []
    const bus = { ...quietBus, append: async (messages: readonly OutgoingMessage[]) => void told.push(...messages) }
    const [things] = declared('GET /api/v1/things')
    const service = await bootService({
      name: 'things',
      module: ThingsModule,
      endpoints: [{ ...things!, scope: 'keys:read' }, ...introspectEndpoints],
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey: 'a secret of this spec, 40 characters long',
      log,
    })
    for (let n = 0; n < 3; n += 1)
      expect((await fetch(`${service.url}/api/v1/things`, { headers: { apikey: key } })).status).toBe(403)
    await service.close()
    expect(told).toMatchObject([{ topic: auditRecordedTopic, key: workspace }])
    expect(auditRecordedSchema.parse(JSON.parse(String(told[0]!.value)))).toMatchObject({
      service: 'things',
      workspace_id: workspace,
      actor: { credential_id: principal.credential_id },
      after: { count: 3, scopes: { 'keys:read': 3 } },
    })
    expect(String(told[0]!.value)).not.toContain(key)
  })

  it('C-1 what the log did not confirm is told again under the same id, and only then what came since', async () => {
    const told: string[] = []
    let away = true
    const append = async ([message]: readonly OutgoingMessage[]) => {
      told.push(String(message!.value))
      if (away) throw new Error('away')
    }
    const job = new RefusedScopesJob('things', { append }, log)
    const about = { principal, workspaceId: workspace, scope: 'keys:read', address: '192.0.2.7', requestId: 'r' }
    job.refused(about)
    await job.flush()
    job.refused(about)
    away = false
    await job.flush()
    expect(told[1]).toBe(told[0])
    await job.flush()
    await job.flush()
    expect(told).toHaveLength(3)
    expect(told[2]).not.toBe(told[0])
  })
})
