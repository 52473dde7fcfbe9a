import { randomBytes, randomUUID } from 'node:crypto'
import { Module } from '@nestjs/common'
import { Bus, busMigrations, EmbeddedBus, readPositions } from '@portitor/bus'
import {
  type BookContent,
  catalogEndpoints,
  ledgerEndpoints,
  periodClosedTopic,
  type PlanContent,
  planEndpoints,
  ratingEndpoints,
  type Subscription,
  subscriptionChangedTopic,
  type SubscriptionPhase,
  type Topic,
  usageRatedTopic,
  usageRecordedTopic,
  usageRejectedTopic,
} from '@portitor/contracts'
import { LedgerModule, ledgerMigrations } from '@portitor/ledger'
import { Database, migrate } from '@portitor/postgres'
import { RatingModule, ratingMigrations } from '@portitor/rating'
import { bootService, createLog } from '@portitor/service'
import { connectAsOwner, freshDatabase, until } from '@portitor/testing'
import { accountsOf, differences, transfersOf } from './ledger-rows.fixture.ts'

const partitions = 4
const source = 'spec'
/** What is read by whom, in the order of the flow: once the first is read to its end, the second has an end. */
const readers: readonly (readonly [string, Topic])[] = [
  ['rating.subscriptions', subscriptionChangedTopic],
  ['rating', usageRecordedTopic],
  ['rating.rejections', usageRejectedTopic],
  ['ledger', usageRatedTopic],
]

@Module({})
class RatedModule {}

export interface Usage {
  readonly id: string
  readonly time?: string
  readonly type?: string
  readonly data?: object
}
export type RatedWorld = Awaited<ReturnType<typeof openRatedWorld>>

/** Rating and the ledger as they run, over a database of their own. `applicationName`: whom `kill` ends the connections of. */
export async function openRatedWorld() {
  const fresh = await freshDatabase()
  await migrate(fresh.url, 'bus', busMigrations)
  await migrate(fresh.url, 'rating', ratingMigrations)
  await migrate(fresh.url, 'ledger', ledgerMigrations)
  const owner = await connectAsOwner(fresh.url)
  /** Who sends and looks: never killed. */
  const outside = new Database({ url: fresh.url, connectionsMax: 6, applicationName: 'outside' })
  const log = new EmbeddedBus(outside, { partitions })
  const operatorKey = randomBytes(32).toString('base64url')

  const boot = async (name: string) => {
    const database = new Database({ url: fresh.url, connectionsMax: 10, applicationName: name })
    const bus = new EmbeddedBus(database, { partitions })
    await bus.start()
    const settings = { markup: '1.30', fourEyes: false, importHours: 0, webhookSecret: undefined }
    const service = await bootService({
      name,
      module: {
        module: RatedModule,
        imports: [RatingModule.with({ database, bus, ...settings }), LedgerModule.with({ database, bus })],
      },
      endpoints: [...catalogEndpoints, ...planEndpoints, ...ratingEndpoints, ...ledgerEndpoints],
      bus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name, level: 'silent' }),
    })
    return {
      service,
      close: async () => {
        await service.close()
        await bus.close()
        await database.close()
      },
    }
  }
  const first = await boot('rated')
  const others: Awaited<ReturnType<typeof boot>>[] = []

  const call = async (
    method: 'GET' | 'POST',
    path: string,
    { workspace, body, key }: { workspace?: string; body?: object; key?: string } = {},
  ) => {
    const answer = await first.service.app.inject({
      method,
      url: path,
      headers: {
        authorization: `Bearer ${operatorKey}`,
        ...(workspace === undefined ? {} : { 'x-workspace-id': workspace }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
  }
  const made = async (path: string, body: object): Promise<number> => {
    const { status, body: answer } = await call('POST', path, { body })
    if (status >= 300) throw new Error(`POST ${path}: ${status} ${JSON.stringify(answer)}`)
    return answer['version'] as number
  }
  const isRead = async ([consumer, topic]: (typeof readers)[number]) => {
    const positions = await readPositions(outside, consumer, topic)
    const next = new Map(positions.map(({ partition, nextOffset }) => [partition, nextOffset]))
    return (await log.ranges(topic)).every(({ high }, partition) => (next.get(partition) ?? 0n) >= high)
  }
  const isCorrected = async () =>
    (await outside.query(`select 1 from rating.reratings where status = 'running'`)).rowCount === 0

  return {
    outside,
    owner,
    call,
    source,
    log: log as Bus,
    /** Another replica of both services. */
    join: async () => void others.push(await boot(`rated${others.length + 2}`)),
    /** Ends every connection of the services in whatever they are doing, as a failing network or a killed process does. */
    kill: async () =>
      (
        await owner.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'rated%'`,
        )
      ).rowCount ?? 0,
    /** Stores and publishes the next version of a plan or add-on; answers its number. */
    publishPlan: async (content: PlanContent, effectiveFrom = '2020-01-01T00:00:00.000Z') => {
      const plan = `/api/v1/pricing/plans/${content.id}/versions`
      const version = await made(plan, { note: '', content })
      return made(`${plan}/${version}/publish`, { effective_from: effectiveFrom, backdate: true })
    },
    /** The next version of a book, with these charges before those of the first. */
    publishBook: async (side: 'price' | 'cost', charges: BookContent['charges'], effectiveFrom: string) => {
      const versions = `/api/v1/pricing/books/${side}/versions`
      const { content } = (await call('GET', `${versions}/1`)).body as { content: BookContent }
      const changed = { ...content, effective_from: effectiveFrom, charges: [...charges, ...content.charges] }
      const version = await made(versions, { note: '', content: changed })
      return made(`${versions}/${version}/publish`, { effective_from: effectiveFrom, backdate: true })
    },
    createMeter: (meter: object) => made('/api/v1/meters', meter),
    tell: (subscription: Subscription, changedFrom: string) =>
      log.append([
        {
          topic: subscriptionChangedTopic,
          key: subscription.id,
          value: JSON.stringify({ subscription, changed_from: changedFrom, changed_at: new Date().toISOString() }),
        },
      ]),
    send: (workspace: string, events: readonly Usage[], partition?: number) =>
      log.append([
        {
          topic: usageRecordedTopic,
          key: workspace,
          value: JSON.stringify(events.map((event) => recorded(workspace, event))),
          headers: { 'content-type': 'application/cloudevents-batch+json' },
          ...(partition === undefined ? {} : { partition }),
        },
      ]),
    /** Waits until all that was sent is rated, corrected and posted. */
    settled: () =>
      until(async () => {
        for (const reader of readers.slice(0, -1)) if (!(await isRead(reader))) return false
        return (await isCorrected()) && (await isRead(readers.at(-1)!))
      }, 'that all is rated, corrected and posted'),
    letters: async (workspace: string) =>
      (await call('GET', '/api/v1/metering/rejected', { workspace })).body['data'] as {
        code: string
        rejection_id: string
        id: string
      }[],
    accounts: (workspace: string) => accountsOf(outside, workspace),
    transfers: (workspace: string) => transfersOf(outside, workspace),
    /** What a workspace owes by the ledger, less what was taken back. */
    revenue: async (workspace: string) =>
      Object.entries(await accountsOf(outside, workspace)).reduce(
        (sum, [kind, balance]) => (kind.startsWith('revenue:') ? sum + balance : sum),
        0n,
      ),
    /** Where segments' counters and the ledger say something else, by charge and period: nowhere. */
    differences: () => differences(outside),
    rerate: async (body: object, more: { workspace?: string; key?: string } = {}) => {
      const { status, body: answer } = await call('POST', '/api/v1/pricing/reratings', {
        ...more,
        body: { reason: 'spec', ...body },
      })
      return { status, body: answer, id: answer['id'] as string }
    },
    rerating: async (id: string) => (await call('GET', `/api/v1/pricing/reratings/${id}`)).body,
    explain: async (workspace: string, id: string) =>
      (await call('GET', `/api/v1/pricing/explain/${id}?source=${source}`, { workspace })).body,
    status: async (workspace: string, id: string) =>
      (await call('GET', `/api/v1/metering/events?source=${source}&id=${id}`, { workspace })).body,
    closings: async (workspace: string) => {
      const found: Record<string, unknown>[] = []
      const follower = await log.follow(periodClosedTopic, 'spec', ({ key, value }) => {
        if (key === workspace) found.push(JSON.parse(value!.toString()) as Record<string, unknown>)
      })
      await follower.caughtUp
      await follower.close()
      return found
    },
    close: async () => {
      for (const one of [first, ...others]) await one.close()
      await log.close()
      await outside.close()
      await owner.end()
      await fresh.drop()
    },
  }
}

function recorded(workspace: string, { id, time, type = 'tokens.consumed', data = {} }: Usage) {
  return {
    specversion: '1.0',
    id,
    source,
    type,
    time: time ?? '2026-03-10T12:00:00.000Z',
    subject: workspace,
    data,
  }
}

/** A subscription of a new workspace, from 2026 on unless said. */
export function subscriptionOf(workspace: string, ...phases: readonly Partial<SubscriptionPhase>[]): Subscription {
  const startsAt = phases[0]?.from ?? '2026-01-01T00:00:00.000Z'
  return {
    id: randomUUID(),
    workspace_id: workspace,
    revision: 1,
    starts_at: startsAt,
    ends_at: null,
    billing: { cycle: 'calendar', months: 1, anchor: startsAt, time_zone: 'UTC' },
    phases: phases.map((phase) => ({
      from: startsAt,
      plan: 'none',
      version: null,
      state: 'active',
      seats: 1,
      add_ons: [],
      overrides: {},
      ...phase,
    })),
  }
}

/** A plan of these charges and no fees. */
export function planOf(id: string, charges: PlanContent['charges'], more: Partial<PlanContent> = {}): PlanContent {
  return { id, name: id, currency: 'USD', fees: [], charges, ...more }
}
