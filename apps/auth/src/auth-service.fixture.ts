import { type CanActivate, type ExecutionContext, Module } from '@nestjs/common'
import { type Bus, busMigrations, EmbeddedBus } from '@portitor/bus'
import {
  authEndpoints,
  type IdentityChanged,
  identityChangedSchema,
  identityChangedTopic,
  identityKey,
  type Principal,
} from '@portitor/contracts'
import type { Caller } from '@portitor/identity'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, type Service } from '@portitor/service'
import { freshDatabase } from '@portitor/testing'
import type { FastifyRequest } from 'fastify'
import { AuthModule, authMigrations } from './index.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
export const pepper = 'a pepper of this spec, 40 characters long.'

interface Answer {
  readonly status: number
  readonly headers: Headers
  // What a spec reads of an answer is what it asserts.
  readonly body: Record<string, any>
}

/** A member, key or agent of one workspace; `operator` takes the workspace of the header instead. */
export function callerOf(workspaceId: string, scopes: readonly string[], principal: Partial<Principal> = {}): Caller {
  return {
    principal: {
      kind: 'api_key',
      id: crypto.randomUUID(),
      operator: false,
      credential_id: null,
      mode: 'live',
      memberships: [{ workspace_id: workspaceId, workspace_status: 'active', team_id: null, scopes: [...scopes] }],
      agent: null,
      ip_allow_list: [],
      expires_at: null,
      depends_on: [],
      ...principal,
    },
    workspaceId,
    scopes,
    intent: { workflow: undefined, costCenter: undefined, intent: undefined },
    address: '192.0.2.7',
    requestId: 'spec',
  }
}

/** Behind the guard, which has let the operator in: whoever the specs want to be, by a header that only this fixture knows. */
class SpecGuard implements CanActivate {
  constructor(readonly callers: ReadonlyMap<string, Caller>) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    const caller = this.callers.get(String(request.headers['x-spec-caller']))
    if (caller !== undefined) request.caller = caller
    return true
  }
}

@Module({})
class SpecModule {}

export interface AuthFixture {
  readonly database: Database
  readonly service: Service
  /** Calls as the operator in `workspace`, or as the caller given. */
  ask(
    method: string,
    path: string,
    options?: { body?: unknown; as?: Caller | string; headers?: Record<string, string> },
  ): Promise<Answer>
  /** A new workspace; answers its id. */
  workspace(): Promise<string>
  /** All records of `identity.changed` so far, in order. */
  announced(): Promise<IdentityChanged[]>
  close(): Promise<void>
}

/** `auth` over a real PostgreSQL. `as` is the id of a workspace to be there as the operator, or a caller of its own. */
export async function startAuth(): Promise<AuthFixture> {
  const fresh = await freshDatabase()
  await migrate(fresh.url, 'bus', busMigrations)
  await migrate(fresh.url, 'auth', authMigrations)
  const database = new Database({ url: fresh.url, connectionsMax: 4, applicationName: 'spec' })
  const bus: Bus = new EmbeddedBus(database, { partitions: 4 })
  await bus.start()
  const callers = new Map<string, Caller>()
  const service = await bootService({
    name: 'auth',
    module: {
      module: SpecModule,
      imports: [
        AuthModule.with({
          database,
          bus,
          pepper,
          tokens: { issuer: 'portitor', audience: 'portitor', keys: [] },
          trustedIssuers: [],
        }),
      ],
      // The token of Nest's global guards.
      providers: [{ provide: 'APP_GUARD', useValue: new SpecGuard(callers) }],
    },
    endpoints: authEndpoints,
    bus,
    port: 0,
    host: '127.0.0.1',
    operatorKey,
    log: createLog({ name: 'auth', level: 'silent' }),
  })
  const ask: AuthFixture['ask'] = async (method, path, { body, as, headers } = {}) => {
    if (typeof as === 'object') callers.set(as.principal.id, as)
    const response = await fetch(`${service.url}/api/v1${path}`, {
      method,
      headers: {
        apikey: operatorKey,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(typeof as === 'string' ? { 'x-workspace-id': as } : {}),
        ...(typeof as === 'object' ? { 'x-spec-caller': as.principal.id } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
  }
  return {
    database,
    service,
    ask,
    workspace: async () => (await ask('POST', '/workspaces', { body: { name: 'Acme' } })).body['id'] as string,
    announced: () => announcedOn(bus),
    close: async () => {
      await service.close()
      await bus.close()
      await database.close()
      await fresh.drop()
    },
  }
}

async function announcedOn(bus: Bus): Promise<IdentityChanged[]> {
  const found: IdentityChanged[] = []
  const follower = await bus.follow(identityChangedTopic, 'spec', (record) => {
    const changed = identityChangedSchema.parse(JSON.parse(record.value!.toString()))
    expect(record).toMatchObject({ partition: 0, key: identityKey(changed) })
    found.push(changed)
  })
  await follower.caughtUp
  await follower.close()
  return found
}
