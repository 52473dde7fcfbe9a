import { generateKeyPairSync, randomInt, randomUUID } from 'node:crypto'
import { busMigrations, EmbeddedBus } from '@portitor/bus'
import { authEndpoints, type Introspection, introspectionSchema } from '@portitor/contracts'
import { apiKeyHint, type ApiKeyKind, newApiKey } from '@portitor/identity'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog } from '@portitor/service'
import { freshDatabase } from '@portitor/testing'
import { v7 as uuidv7 } from 'uuid'
import { authMigrations } from './index.ts'
import { AuthModule, type AuthResources } from './auth.module.ts'
import { hashKey } from './keys/key-hash.ts'
import type { SigningKey } from './tokens/signing-keys.ts'

export const operatorKey = 'a secret of this spec, 40 characters long'
const pepper = 'a pepper of this spec, 32 characters or more'

export function newSigningKey(alg: SigningKey['alg'], kid: string): SigningKey {
  const { privateKey } =
    alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kid, alg } as SigningKey
}

export type IdentityWorld = Awaited<ReturnType<typeof openIdentity>>

/** The service over a database of its own, with the rows that other parts of it write. */
export async function openIdentity(settings: Partial<Pick<AuthResources, 'tokens' | 'trustedIssuers'>> = {}) {
  const fresh = await freshDatabase()
  await migrate(fresh.url, 'bus', busMigrations)
  await migrate(fresh.url, 'auth', authMigrations)
  const database = new Database({ url: fresh.url, connectionsMax: 6, applicationName: 'spec' })
  const bus = new EmbeddedBus(database, { partitions: 4 })
  await bus.start()
  const boot = (changed: typeof settings = {}) =>
    bootService({
      name: 'auth',
      module: AuthModule.with({
        database,
        bus,
        pepper,
        tokens: { issuer: 'portitor', audience: 'portitor', keys: [newSigningKey('ES256', 'first')] },
        trustedIssuers: [],
        ...settings,
        ...changed,
      }),
      endpoints: authEndpoints,
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'auth', level: 'silent' }),
    })
  const service = await boot()
  return {
    url: fresh.url,
    database,
    bus,
    service,
    boot,
    ...rowsOf(database),
    /** The bare answer, whatever it is. */
    ask: (credential: string) => askWhat(service.url, credential, '10.0.0.1'),
    introspect: (credential: string, address = '10.0.0.1') => introspect(service.url, credential, address),
    async close() {
      await service.close()
      await bus.close()
      await database.close()
      await fresh.drop()
    },
  }
}

async function askWhat(url: string, credential: string, address: string): Promise<Response> {
  return fetch(`${url}/api/v1/auth/introspect`, {
    method: 'POST',
    headers: { apikey: operatorKey, 'content-type': 'application/json' },
    body: JSON.stringify({ credential, address }),
  })
}

export async function introspect(url: string, credential: string, address: string): Promise<Introspection> {
  const answer = await askWhat(url, credential, address)
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  return introspectionSchema.parse(await answer.json())
}

function rowsOf(database: Database) {
  const now = new Date()
  return {
    async workspace(status = 'active') {
      const id = uuidv7()
      await database.query('insert into auth.workspaces (id, name, status, created_at) values ($1, $2, $3, $4)', [
        id,
        'spec',
        status,
        now,
      ])
      return id
    },
    async agent(
      workspaceId: string,
      row: { parent?: string; status?: string; models?: string[]; scopes?: string[] } = {},
    ) {
      const id = uuidv7()
      await database.query(
        `insert into auth.agents (id, workspace_id, parent_agent_id, name, status, allowed_models, scopes, created_at)
         values ($1, $2, $3, 'spec', $4, $5, $6, $7)`,
        [id, workspaceId, row.parent ?? null, row.status ?? 'active', row.models ?? null, row.scopes ?? null, now],
      )
      return id
    },
    async credential(
      workspaceId: string,
      row: {
        kind?: ApiKeyKind
        agentId?: string
        scopes?: string[]
        expiresAt?: Date
        revokedAt?: Date
        ipAllowList?: string[]
      } = {},
    ) {
      const id = uuidv7()
      const kind = row.kind ?? (row.agentId === undefined ? 'live' : 'agent')
      const key = newApiKey(kind, randomInt)
      await database.query(
        `insert into auth.credentials (id, workspace_id, agent_id, kind, name, hash, hint, scopes, ip_allow_list, expires_at,
           created_at, created_by, revoked_at) values ($1, $2, $3, $4, 'spec', $5, $6, $7, $8, $9, $10, 'operator', $11)`,
        [
          id,
          workspaceId,
          row.agentId ?? null,
          kind,
          hashKey(pepper, key),
          apiKeyHint(key),
          row.scopes ?? ['metering:read', 'metering:write'],
          row.ipAllowList ?? [],
          row.expiresAt ?? null,
          now,
          row.revokedAt ?? null,
        ],
      )
      return { id, key }
    },
    async person(email: string, memberships: readonly { workspaceId: string; role: string }[] = []) {
      const id = uuidv7()
      await database.query('insert into auth.users (id, email, created_at) values ($1, $2, $3)', [id, email, now])
      for (const { workspaceId, role } of memberships)
        await database.query(
          'insert into auth.memberships (workspace_id, user_id, email, role, created_at) values ($1, $2, $3, $4, $5)',
          [workspaceId, id, email, role, now],
        )
      return id
    },
    async role(workspaceId: string, name: string, scopes: string[]) {
      const id = randomUUID()
      await database.query('insert into auth.roles values ($1, $2, $3, $4, $5)', [id, workspaceId, name, scopes, now])
      return id
    },
  }
}
