import { randomUUID } from 'node:crypto'
import { Controller, Get, Module } from '@nestjs/common'
import { busMigrations, openBus } from '@portitor/bus'
import {
  type AuditRecorded,
  auditRecordedSchema,
  auditRecordedTopic,
  type Endpoint,
  type PlanContent,
  type SubscriptionChanged,
  subscriptionChangedSchema,
  subscriptionChangedTopic,
  subscriptionEndpoints,
  type Topic,
} from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { bootService, createLog, Path, ProblemException } from '@portitor/service'
import { freshDatabase } from '@portitor/testing'
import { z } from 'zod'
import { InvoicingModule, invoicingMigrations } from './index.ts'
import { planOf } from './subscription-record.fixture.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
/** Of this run alone: the broker is shared with other specs. */
export const [acme, globex] = [randomUUID(), randomUUID()]

/** What rating has published; `draft` is not. */
const plans: Readonly<Record<string, { content: PlanContent; kind: 'plan' | 'add_on'; published: boolean }>> = {
  pro: { content: planOf('pro', { trial_days: 14 }), kind: 'plan', published: true },
  enterprise: { content: planOf('enterprise'), kind: 'plan', published: true },
  draft: { content: planOf('draft'), kind: 'plan', published: false },
  support: { content: planOf('support', { fees: [], charges: [] }), kind: 'add_on', published: true },
}
const planPath = z.object({ plan: z.string() })
const versionPath = planPath.extend({ version: z.coerce.number() })

/** The answers of rating and auth: they are other services, so only their contracts stand here. */
@Controller('api/v1')
class PeersStand {
  @Get('pricing/plans/:plan')
  plan(@Path(planPath) { plan }: z.infer<typeof planPath>) {
    const known = plans[plan]
    if (known === undefined) throw new ProblemException(404, 'plan.not_found', 'There is no such plan.')
    const version = known.published ? 1 : null
    return { plan, kind: known.kind, name: plan, newest_published: version, in_force: version }
  }

  @Get('pricing/plans/:plan/versions/:version')
  version(@Path(versionPath) { plan, version }: z.infer<typeof versionPath>) {
    const known = plans[plan]
    if (known === undefined || version !== 1) throw new ProblemException(404, 'plan.not_found', 'There is none.')
    return { plan, version, status: known.published ? 'published' : 'draft', content: known.content }
  }

  @Get('workspaces/:id')
  workspace(@Path(z.object({ id: z.uuid() })) { id }: { id: string }) {
    if (id !== acme && id !== globex) throw new ProblemException(404, 'workspace.not_found', 'There is none.')
    return { id }
  }
}

const peerEndpoints = ['pricing/plans/{plan}', 'pricing/plans/{plan}/versions/{version}', 'workspaces/{id}'].map(
  (path): Endpoint => ({
    service: 'peers',
    method: 'GET',
    path: `/api/v1/${path}`,
    summary: path,
    workspace: 'optional',
    scope: 'any',
    answers: {},
  }),
)

@Module({ controllers: [PeersStand] })
class PeersModule {}

@Module({})
class SpecModule {}

/** The service over a real PostgreSQL, and over Kafka where brokers are given. Changes may take effect at once unless said. */
export async function openInvoicing({ brokers, leadMs = 0 }: { brokers?: string; leadMs?: number } = {}) {
  const fresh = await freshDatabase()
  await migrate(fresh.url, 'bus', busMigrations)
  await migrate(fresh.url, 'invoicing', invoicingMigrations)
  const database = new Database({ url: fresh.url, connectionsMax: 8, applicationName: 'spec' })
  const bus = await openBus(database, { brokers: brokers?.split(','), service: `invoicing-${acme}`, partitions: 4 })
  const service = await bootService({
    name: 'invoicing',
    module: { module: SpecModule, imports: [PeersModule, InvoicingModule.with({ database, bus, leadMs })] },
    endpoints: [...subscriptionEndpoints, ...peerEndpoints],
    bus,
    port: 0,
    host: '127.0.0.1',
    operatorKey,
    log: createLog({ name: 'invoicing', level: 'silent' }),
  })
  /** Asks as the operator, in a workspace if one is named. */
  const ask = async (
    method: 'GET' | 'POST',
    path: string,
    { workspace, body, key }: { workspace?: string; body?: unknown; key?: string } = {},
  ) => {
    const response = await fetch(`${service.url}/api/v1/subscriptions${path}`, {
      method,
      headers: {
        apikey: operatorKey,
        ...(workspace === undefined ? {} : { 'x-workspace-id': workspace }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    // What a spec reads of an answer is what it asserts.
    return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, any> }
  }
  const recordsOf = async <Value>(topic: Topic, parse: (value: unknown) => Value): Promise<Value[]> => {
    const found: Value[] = []
    const follower = await bus.follow(topic, 'spec', (record) => {
      const text = record.value!.toString()
      if (text.includes(acme) || text.includes(globex)) found.push(parse(JSON.parse(text)))
    })
    await follower.caughtUp
    await follower.close()
    return found
  }
  return {
    database,
    databaseUrl: fresh.url,
    ask,
    changes: (): Promise<SubscriptionChanged[]> =>
      recordsOf(subscriptionChangedTopic, (value) => subscriptionChangedSchema.parse(value)),
    audited: (): Promise<AuditRecorded[]> => recordsOf(auditRecordedTopic, (value) => auditRecordedSchema.parse(value)),
    close: async () => {
      await service.close()
      await bus.close()
      await database.close()
      await fresh.drop()
    },
  }
}
export type InvoicingWorld = Awaited<ReturnType<typeof openInvoicing>>
