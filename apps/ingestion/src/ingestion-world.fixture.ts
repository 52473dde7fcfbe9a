import { Controller, Get, HttpCode, Module, Post } from '@nestjs/common'
import { busMigrations, EmbeddedBus } from '@portitor/bus'
import {
  authEndpoints,
  catalogChangedTopic,
  IDENTITY_PARTITION,
  type IdPath,
  idPathSchema,
  type IdentityChanged,
  identityChangedTopic,
  identityKey,
  ingestionEndpoints,
  type Introspect,
  type Introspection,
  introspectSchema,
  type Meter,
  type Principal,
  type Problem,
  ratingEndpoints,
  type RecordAnswer,
  usageRecordedTopic,
} from '@portitor/contracts'
import { decodeRecord } from '@portitor/metering'
import { Database, migrate } from '@portitor/postgres'
import { IdentityView } from '@portitor/identity'
import { bootService, createLog, JsonBody, Path, ProblemException, Query, type Service } from '@portitor/service'
import { freshDatabase, until } from '@portitor/testing'
import { z } from 'zod'
import { IngestionModule } from './index.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
export const workspace = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
export const otherWorkspace = '0199c1d2-7b3a-7c4e-9d21-000000000000'

const sum = (name: string, part?: { part_of: string }): Meter => ({
  name,
  unit: 'token',
  event_type: 'tokens.consumed',
  aggregation: 'sum',
  value: name,
  ...part,
  dimensions: [],
})
export const meters = [
  sum('input_tokens'),
  sum('cached_input_tokens', { part_of: 'input_tokens' }),
  sum('output_tokens'),
]

let last = 0
/** A CloudEvent with an id of its own. */
export function usage(fields: object = {}, data: object = {}) {
  return {
    specversion: '1.0',
    id: `id-${(last += 1)}`,
    source: 'spec',
    type: 'tokens.consumed',
    ...fields,
    data: { model: 'gpt-4o', input_tokens: 1200, output_tokens: 300, ...data },
  }
}

/** What rating says of an id. It is another service, so only its contract stands here. */
const statusSchema = z.object({ source: z.string(), id: z.string() })
const standFor = (statuses: ReadonlyMap<string, string>) => {
  @Controller('/api/v1/metering/events')
  class RatingStand {
    @Get()
    find(@Query(statusSchema) { id }: z.infer<typeof statusSchema>) {
      const status = statuses.get(id)
      if (status === undefined) throw new ProblemException(404, 'event.not_seen', 'not seen yet')
      return { id, status }
    }
  }
  return RatingStand
}

/** What auth knows, where the topic has not told of it. It is another service, so only its contract stands here. */
interface AuthStandState {
  readonly workspaces: Set<string>
  readonly principals: Map<string, Principal>
  asked: number
  away: boolean
}
const standForAuth = (auth: AuthStandState) => {
  @Controller('/api/v1')
  class AuthStand {
    @Get('workspaces/:id')
    find(@Path(idPathSchema) { id }: IdPath) {
      auth.asked += 1
      if (auth.away) throw new ProblemException(503, 'service.unavailable', 'away')
      if (!auth.workspaces.has(id)) throw new ProblemException(404, 'workspace.not_found', 'none')
      return { id }
    }

    @Post('auth/introspect')
    @HttpCode(200)
    introspect(@JsonBody(introspectSchema) { credential }: Introspect): Introspection {
      const principal = auth.principals.get(credential)
      if (principal !== undefined) return { principal }
      return { refused: { status: 401, code: 'credential.unknown', detail: 'unknown', delay_ms: 0 } }
    }
  }
  return AuthStand
}

/** The real service on the embedded log over a database of its own. */
export class IngestionWorld {
  /** By id; what is absent here has not been seen by rating. */
  readonly ratingStatuses = new Map<string, string>()
  readonly auth: AuthStandState = { workspaces: new Set(), principals: new Map(), asked: 0, away: false }
  bus!: EmbeddedBus
  service!: Service

  private constructor(
    readonly database: Database,
    readonly drop: () => Promise<void>,
  ) {}

  static async start(): Promise<IngestionWorld> {
    const fresh = await freshDatabase()
    await migrate(fresh.url, 'bus', busMigrations)
    const database = new Database({ url: fresh.url, connectionsMax: 6, applicationName: 'spec' })
    const world = new IngestionWorld(database, () => fresh.drop())
    await world.open()
    return world
  }

  async end(): Promise<void> {
    await this.close()
    await this.database.close()
    await this.drop()
  }

  async open(): Promise<void> {
    this.bus = new EmbeddedBus(this.database, { partitions: 4 })
    await this.bus.start()
    const controllers = [standFor(this.ratingStatuses), standForAuth(this.auth)]
    @Module({ imports: [IngestionModule.with({ bus: this.bus })], controllers })
    class Both {}
    this.service = await bootService({
      name: 'ingestion',
      module: Both,
      endpoints: [...ingestionEndpoints, ...ratingEndpoints, ...authEndpoints],
      bus: this.bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'ingestion', level: 'silent' }),
    })
  }

  async close(): Promise<void> {
    await this.service.close()
    await this.bus.close()
  }

  async publishMeters(): Promise<void> {
    const messages = meters.map((meter) => ({
      topic: catalogChangedTopic,
      key: `meter:${meter.name}`,
      value: JSON.stringify({ kind: 'meter', meter }),
    }))
    await this.bus.append(messages)
    await this.publishWorkspaces(workspace, otherWorkspace)
    await this.ready()
  }

  async publishWorkspaces(...ids: string[]): Promise<void> {
    const created_at = '2026-11-21T09:00:00.000Z'
    await this.announce(
      ...ids.map((id) => ({ kind: 'workspace', workspace: { id, name: id, status: 'active', created_at } }) as const),
    )
    const view = this.service.app.get(IdentityView)
    await until(() => ids.every((id) => view.workspaceStatus(id) !== undefined))
  }

  async announce(...changes: IdentityChanged[]): Promise<void> {
    await this.bus.append(
      changes.map((changed) => ({
        topic: identityChangedTopic,
        key: identityKey(changed),
        partition: IDENTITY_PARTITION,
        value: JSON.stringify(changed),
      })),
    )
  }

  async ready(): Promise<void> {
    await until(async () => (await fetch(`${this.service.url}/health/ready`)).status === 200)
  }

  readonly post = async (
    body: unknown,
    headers: Record<string, string> = { 'x-workspace-id': workspace },
  ): Promise<{ status: number; headers: Headers; body: RecordAnswer & Problem }> => {
    const response = await fetch(`${this.service.url}/api/v1/metering/events`, {
      method: 'POST',
      headers: { apikey: operatorKey, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as RecordAnswer & Problem,
    }
  }

  /** Every event in the log as a consumer decodes it, with the partition it stands in. */
  readonly logged = async (): Promise<{ partition: number; event: Record<string, unknown> }[]> => {
    const events: { partition: number; event: Record<string, unknown> }[] = []
    const ranges = await this.bus.ranges(usageRecordedTopic)
    const stretches = new Map(ranges.map(({ low, high }, partition) => [partition, { from: low, to: high }]))
    await this.bus.read(usageRecordedTopic, stretches, (record) => {
      const decoded = decodeRecord(record)
      if ('refused' in decoded) throw new Error(decoded.refused.detail)
      for (const event of decoded.events)
        events.push({ partition: record.partition, event: event as Record<string, unknown> })
    })
    return events
  }

  readonly loggedUnder = async (id: string) => (await this.logged()).filter(({ event }) => event['id'] === id)
}
