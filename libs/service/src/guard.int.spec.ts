import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Controller, Get, HttpCode, Module, Post } from '@nestjs/common'
import { type Bus, busMigrations, EmbeddedBus, KafkaBus } from '@portitor/bus'
import {
  HEARTBEAT_MS,
  IDENTITY_PARTITION,
  type IdentityChanged,
  identityChangedTopic,
  identityKey,
  type Introspect,
  type Introspection,
  introspectSchema,
  type Membership,
  type Principal,
  type Workspace,
} from '@portitor/contracts'
import { IdentityView, newApiKey } from '@portitor/identity'
import { Database, migrate } from '@portitor/postgres'
import { describeWith, engineUrl, freshDatabase, type Engine, until, waitMsMax } from '@portitor/testing'
import { bootService, createLog, JsonBody, OptionalWorkspaceId, ProblemException, type Service } from './index.ts'
import { declared, introspectEndpoints } from './stand-ins.fixture.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
const HOLDS_WITHIN_MS = 1_000

/** What `auth` answers by now, how often it was asked, and whether it is there. It is another service. */
const auth = {
  answers: new Map<string, Introspection>(),
  asked: 0,
  away: false,
  /** Set by a test that wants an answer to be late: worked out before, given after. */
  late: undefined as Promise<void> | undefined,
}

@Controller('api/v1')
class Controllers {
  @Get('things')
  things(@OptionalWorkspaceId() workspaceId: string | undefined) {
    return { workspaceId: workspaceId ?? 'the whole system' }
  }

  @Post('auth/introspect')
  @HttpCode(200)
  async introspect(@JsonBody(introspectSchema) { credential }: Introspect) {
    auth.asked += 1
    if (auth.away) throw new ProblemException(503, 'service.unavailable', 'away')
    const answer = auth.answers.get(credential)
    await auth.late
    return answer ?? refusal(401, 'credential.unknown')
  }
}

@Module({ controllers: [Controllers] })
class ThingsModule {}

const refusal = (status: 401 | 403, code: string): Introspection => ({
  refused: { status, code, detail: 'no longer', delay_ms: 0 },
})
const workspaceIs = (id: string, status: Workspace['status']): IdentityChanged => ({
  kind: 'workspace',
  workspace: { id, name: 'w', status, created_at: '2026-11-21T09:00:00.000Z' },
})

function provesGuard(
  name: string,
  engines: readonly Engine[],
  open: (database: Database, service: string) => Bus,
): void {
  describeWith(engines, `the guard over ${name}`, () => {
    let database: Database
    /** The log as `auth` has it, in another process: what it publishes goes through its outbox. */
    let publisher: Bus
    let service: Service
    let heart: NodeJS.Timeout | undefined
    const closing: (() => Promise<void>)[] = []

    beforeAll(async () => {
      const fresh = await freshDatabase()
      await migrate(fresh.url, 'bus', busMigrations)
      database = new Database({ url: fresh.url, connectionsMax: 8, applicationName: 'spec' })
      publisher = open(database, 'auth')
      await publisher.start()
      const bus = open(database, 'things')
      await bus.start()
      service = await bootService({
        name: 'things',
        module: ThingsModule,
        endpoints: [...declared('GET /api/v1/things'), ...introspectEndpoints],
        bus,
        port: 0,
        host: '127.0.0.1',
        operatorKey,
        log: createLog({ name: 'things', level: 'silent' }),
      })
      closing.push(
        () => service.close(),
        () => bus.close(),
        () => publisher.close(),
        () => database.close(),
        () => fresh.drop(),
      )
    })
    afterAll(async () => {
      stopHeart()
      for (const close of closing) await close()
    })
    beforeEach(async () => {
      Object.assign(auth, { asked: 0, away: false, late: undefined })
      startHeart()
      await remembers(known().key)
    })

    const publish = async (...changes: IdentityChanged[]) => {
      await database.transaction((tx) =>
        publisher.publish(
          tx,
          changes.map((changed) => ({
            topic: identityChangedTopic,
            key: identityKey(changed),
            partition: IDENTITY_PARTITION,
            value: JSON.stringify(changed),
          })),
        ),
      )
      publisher.committed()
    }
    const startHeart = () => {
      heart ??= setInterval(
        () => void publish({ kind: 'heartbeat', at: new Date().toISOString() }).catch(() => undefined),
        HEARTBEAT_MS,
      )
    }
    const stopHeart = () => {
      clearInterval(heart)
      heart = undefined
    }
    const call = async (key: string) => {
      const response = await fetch(`${service.url}/api/v1/things`, { headers: { 'x-api-key': key } })
      const body = (await response.json()) as { code?: string; workspaceId?: string }
      return { status: response.status, ...body }
    }
    /** A key that auth knows, with what ends it. */
    const known = (more: Partial<Principal> = {}, membership: Partial<Membership> = {}) => {
      const [key, credential, workspace, agent] = [
        newApiKey('live', randomInt),
        randomUUID(),
        randomUUID(),
        randomUUID(),
      ]
      const member: Membership = {
        workspace_id: workspace,
        workspace_status: 'active',
        team_id: null,
        scopes: ['ledger:read'],
        ...membership,
      }
      const principal: Principal = {
        kind: 'api_key',
        id: credential,
        operator: false,
        credential_id: credential,
        mode: 'live',
        memberships: [member],
        agent: null,
        ip_allow_list: [],
        expires_at: null,
        depends_on: [`credential:${credential}`, workspace, `agent:${agent}`],
        ...more,
      }
      auth.answers.set(key, { principal })
      return { key, credential, workspace, agent, principal, member }
    }
    /** Calls until the guard answers without asking. */
    const remembers = async (key: string) => {
      await until(async () => {
        const before = auth.asked
        return (await call(key)).status === 200 && auth.asked === before
      }, 'remembering the key')
    }
    const heard = async (workspace: string) => {
      const view = service.app.get(IdentityView)
      await until(() => view.workspaceStatus(workspace) !== undefined)
    }
    /** Commits a change and answers how long a call was still let in, and what then refused it. */
    const timeUntilRefused = async (key: string, changed: IdentityChanged, answer: Introspection) => {
      auth.answers.set(key, answer)
      await publish(changed)
      const committedMs = performance.now()
      for (;;) {
        const sentMs = performance.now()
        const { status, code } = await call(key)
        if (status !== 200) return { ms: sentMs - committedMs, refused: `${status} ${String(code)}` }
        if (sentMs - committedMs > waitMsMax) throw new Error('never refused')
        await sleep(2)
      }
    }

    it('I-3 a fresh key works at once, and is then answered without asking', async () => {
      const { key, workspace } = known()
      expect(await call(key)).toEqual({ status: 200, workspaceId: workspace })
      // A machine that stalls for a second delays heartbeats too, and then the guard asks, as it must.
      await until(async () => {
        await remembers(key)
        const { asked } = auth
        for (let n = 0; n < 20; n += 1) expect((await call(key)).status).toBe(200)
        return auth.asked === asked
      }, 'answering twenty calls without asking')
    })

    it('I-3 a revocation holds within a second of its commit', async () => {
      for (let n = 0; n < 5; n += 1) {
        const { key, credential, workspace } = known()
        await remembers(key)
        const status = 'revoked' as const
        const changed = { id: credential, workspace_id: workspace, agent_id: null, status }
        const { ms, refused } = await timeUntilRefused(
          key,
          { kind: 'credential', credential: changed },
          refusal(401, 'credential.revoked'),
        )
        expect(refused).toBe('401 credential.revoked')
        expect(ms).toBeLessThanOrEqual(HOLDS_WITHIN_MS)
      }
    })

    it('I-6 the suspension of an agent holds within a second of its commit', async () => {
      const { key, agent, workspace } = known({ kind: 'agent' })
      await remembers(key)
      const { ms, refused } = await timeUntilRefused(
        key,
        { kind: 'agent', agent: { id: agent, workspace_id: workspace, parent_agent_id: null, status: 'suspended' } },
        refusal(403, 'agent.suspended'),
      )
      expect(refused).toBe('403 agent.suspended')
      expect(ms).toBeLessThanOrEqual(HOLDS_WITHIN_MS)
    })

    it('I-4 the suspension of a workspace holds within a second of its commit, and not for operators', async () => {
      const { key, workspace, principal, member } = known()
      await remembers(key)
      const memberships: Membership[] = [{ ...member, workspace_status: 'suspended' }]
      const { ms, refused } = await timeUntilRefused(key, workspaceIs(workspace, 'suspended'), {
        principal: { ...principal, memberships },
      })
      expect(refused).toBe('403 workspace.suspended')
      expect(ms).toBeLessThanOrEqual(HOLDS_WITHIN_MS)
      expect((await call(operatorKey)).status).toBe(200)
    })

    it('I-3 when heartbeats stop every call asks auth, and what was revoked in silence is refused', async () => {
      const { key } = known()
      await remembers(key)
      stopHeart()
      await sleep(HOLDS_WITHIN_MS + 400)
      auth.asked = 0
      for (let n = 1; n <= 5; n += 1) {
        expect((await call(key)).status).toBe(200)
        expect(auth.asked).toBe(n)
      }
      // Nobody tells the topic: a guard that trusted what it remembers would go on.
      auth.answers.set(key, refusal(401, 'credential.revoked'))
      expect(await call(key)).toMatchObject({ status: 401, code: 'credential.revoked' })
    })

    it('I-3 auth away and the topic silent: 503, and the operator key still works', async () => {
      const { key } = known()
      await remembers(key)
      auth.away = true
      await until(async () => (await call(key)).status === 200)
      stopHeart()
      await sleep(HOLDS_WITHIN_MS + 400)
      expect(await call(key)).toMatchObject({ status: 503, code: 'identity.unavailable' })
      expect(await call(operatorKey)).toEqual({ status: 200, workspaceId: 'the whole system' })
      startHeart()
      // Nothing has changed meanwhile, so with the next heartbeat what is remembered is good again.
      await until(async () => (await call(key)).status === 200)
    })

    it('I-3 an answer that was asked for before the revocation arrived is not remembered', async () => {
      const { key, credential, workspace } = known()
      const late = Promise.withResolvers<void>()
      auth.late = late.promise
      const { asked } = auth
      const first = call(key)
      while (auth.asked === asked) await sleep(2)
      const changed = { id: credential, workspace_id: workspace, agent_id: null, status: 'revoked' as const }
      const marker = randomUUID()
      auth.answers.set(key, refusal(401, 'credential.revoked'))
      await publish({ kind: 'credential', credential: changed }, workspaceIs(marker, 'active'))
      await heard(marker)
      late.resolve()
      expect((await first).status).toBe(200)
      expect(await call(key)).toMatchObject({ status: 401, code: 'credential.revoked' })
    })
  })
}

provesGuard('the tables of Postgres', ['postgres'], (database) => new EmbeddedBus(database, { partitions: 4 }))
provesGuard(
  'Kafka',
  ['postgres', 'kafka'],
  (database, service) =>
    new KafkaBus(database, {
      brokers: engineUrl('kafka').split(','),
      service,
      partitions: 4,
      topics: [identityChangedTopic],
      log: () => undefined,
    }),
)
