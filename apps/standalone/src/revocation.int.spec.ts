import { type Stack, startStack } from '@portitor/stack'
import { describeWith, waitMsMax } from '@portitor/testing'
import { type Asking, openTenantsWorld, type TenantsWorld } from './tenants-world.fixture.ts'

const letInMsMax = 1_000
const buses = [
  { bus: 'the embedded log', needs: ['postgres'], kafka: false },
  { bus: 'Kafka', needs: ['postgres', 'kafka'], kafka: true },
] as const

/** One endpoint of each service, with what it needs. */
const everyService = [
  '/api/v1/workspaces',
  '/api/v1/metering/rejected',
  '/api/v1/ledger',
  '/api/v1/metering/usage',
] as const
const scopes = ['workspaces:read', 'metering:read', 'metering:write', 'ledger:read', 'usage:read', 'agents:read']

for (const { bus, needs, kafka } of buses)
  describeWith(needs, `credentials over ${bus}`, () => {
    let world: TenantsWorld
    /** A broker of its own: two systems on one would read each other's topics. */
    let stack: Stack | undefined
    let workspaceId: string
    beforeAll(async () => {
      if (kafka) stack = await startStack({ engines: ['kafka'], log: () => undefined })
      world = await openTenantsWorld(stack?.engine('kafka').url)
      workspaceId = await idOf('/api/v1/workspaces', { name: 'Acme' })
    })
    afterAll(async () => {
      await world.end()
      await stack?.stop()
    })

    const create = async (path: string, body: unknown, asking: Asking = {}) => {
      const answer = await world.ask('POST', path, { key: world.operatorKey, body, ...asking })
      expect([path, answer.status, answer.text]).toEqual([path, 201, answer.text])
      return answer.body as { id: string; key: string }
    }
    const idOf = async (path: string, body: unknown) => (await create(path, body)).id
    const inWorkspace = (path: string, body: unknown) => create(path, body, { workspaceId })
    const statuses = async (key: string) =>
      Promise.all(everyService.map(async (path) => (await world.ask('GET', path, { key })).status))
    /**
     * How long after `change` was answered the last request began that was still let in. When a request begins, and not
     * when it is answered: a busy machine may take its time, and must not let it in for that.
     */
    const msLetIn = async (key: string, status: number, change: () => Promise<unknown>) => {
      expect(await statuses(key)).toEqual(everyService.map(() => 200))
      await change()
      const begun = performance.now()
      for (let [asked, lastLetIn] = [begun, begun]; ; asked = performance.now()) {
        const answered = await statuses(key)
        if (answered.every((one) => one === status)) return lastLetIn - begun
        if (asked - begun > waitMsMax) throw new Error(`never refused: ${answered.join(', ')}`)
        lastLetIn = asked
      }
    }
    const asOperator = (method: string, path: string) => () =>
      world.ask(method, path, { key: world.operatorKey, workspaceId })

    it('I-3 a fresh key works at once in every service', async () => {
      const { key } = await inWorkspace('/api/v1/api_keys', { name: 'fresh', scopes })
      expect(await statuses(key)).toEqual(everyService.map(() => 200))
    })

    it('I-3 a revoked key is refused by every service within a second', async () => {
      const { id, key } = await inWorkspace('/api/v1/api_keys', { name: 'short-lived', scopes })
      const ms = await msLetIn(key, 401, asOperator('DELETE', `/api/v1/api_keys/${id}`))
      expect(ms).toBeLessThan(letInMsMax)
    })

    it('I-2 I-3 a token works like the key it came from, and ends with it', async () => {
      const { id, key } = await inWorkspace('/api/v1/api_keys', { name: 'with tokens', scopes })
      const exchanged = await world.ask('POST', '/api/v1/auth/token', { key, body: {} })
      expect(exchanged.body).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) })
      const token = exchanged.body['access_token'] as string
      const recorded = await asOperator('GET', '/api/v1/audit?action=token.issued')()
      expect(recorded.body['data']).toMatchObject([{ actor: { kind: 'api_key', id }, outcome: 'done' }])
      expect(recorded.text).not.toContain(token)
      const ms = await msLetIn(token, 401, asOperator('DELETE', `/api/v1/api_keys/${id}`))
      expect(ms).toBeLessThan(letInMsMax)
    })

    it('I-6 a suspended agent is refused with 403 within a second, with its sub-agents, and let in again', async () => {
      const parent = await inWorkspace('/api/v1/agents', { name: 'parent' })
      const child = await inWorkspace('/api/v1/agents', { name: 'child', parent_agent_id: parent.id })
      const { key } = await inWorkspace(`/api/v1/agents/${child.id}/credentials`, { name: 'its own', scopes })
      const ms = await msLetIn(key, 403, asOperator('POST', `/api/v1/agents/${parent.id}/suspend`))
      expect(ms).toBeLessThan(letInMsMax)
      await asOperator('POST', `/api/v1/agents/${parent.id}/reinstate`)()
      expect(await statuses(key)).toEqual(everyService.map(() => 200))
    })

    it('I-1 a suspended workspace is refused with 403 within a second, and operators still see it', async () => {
      const id = await idOf('/api/v1/workspaces', { name: 'Globex' })
      const { key } = await create('/api/v1/api_keys', { name: 'its key', scopes }, { workspaceId: id })
      const ms = await msLetIn(key, 403, asOperator('POST', `/api/v1/workspaces/${id}/suspend`))
      expect(ms).toBeLessThan(letInMsMax)
      expect((await world.ask('GET', '/api/v1/ledger', { key: world.operatorKey, workspaceId: id })).status).toBe(200)
    })
  })
