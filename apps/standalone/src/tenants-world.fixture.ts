import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { createLog } from '@portitor/service'
import { freshDatabase } from '@portitor/testing'
import { compose, type Portitor } from './compose.ts'
import { readStandaloneConfig } from './config.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly body: Record<string, unknown>
}

export interface Asking {
  readonly key?: string
  readonly workspaceId?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Everything in one process over a database of its own. */
export interface TenantsWorld {
  readonly databaseUrl: string
  readonly operatorKey: string
  /** A plain HTTP client; without a key nobody asks. */
  ask(method: string, path: string, asking?: Asking): Promise<Answer>
  end(): Promise<void>
}

/** `brokers`: over a real Kafka instead of the log in the database. */
export async function openTenantsWorld(brokers?: string): Promise<TenantsWorld> {
  const fresh = await freshDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'portitor-tenants-'))
  const operatorKey = randomBytes(32).toString('base64url')
  const config = readStandaloneConfig({
    PORT: '0',
    PORTITOR_DATA_DIR: dataDir,
    DATABASE_URL: fresh.url,
    ...(brokers === undefined ? {} : { KAFKA_BROKERS: brokers }),
  })
  const portitor: Portitor = await compose({
    config,
    databaseUrl: fresh.url,
    operatorKey,
    log: createLog({ name: 'tenants', level: 'silent' }),
  })
  return {
    databaseUrl: fresh.url,
    operatorKey,
    async ask(method, path, { key, workspaceId, body, headers } = {}) {
      const response = await fetch(portitor.url + path, {
        method,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(workspaceId === undefined ? {} : { 'x-workspace-id': workspaceId }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, text, body: asObject(text) }
    },
    async end() {
      await portitor.close()
      await fresh.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** CSV and JSON lines have no members that anybody asks for. */
function asObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
