import { readFileSync } from 'node:fs'
import { type PlanContent, planSchema, type Subscription, type SubscriptionPhase } from '@portitor/contracts'
import { indexMeters, type UsageEvent } from '@portitor/metering'
import { parseQuantity } from '@portitor/money'
import { type BookContent, compileBook } from '@portitor/pricing'
import type { PricingContext } from './plan-usage.ts'
import { type FreshUsage, freshUsage } from './ratable-usage.ts'
import { startMeters } from '../catalog/start-meters.ts'
import type { PublishedPlan } from '../plans/published-plan.ts'
import { SubscribedBooks } from '../subscriptions/subscribed-books.ts'
import { WorkspaceSubscriptions } from '../subscriptions/workspace-subscriptions.ts'

const WORKSPACE = '0198f3a2-5b1c-7d3e-8f00-6a1b2c3d4e5f'

export function examplePlan(name: string): PlanContent {
  const file = new URL(`../../../../examples/plans/${name}.json`, import.meta.url)
  return planSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
}

export function published(content: PlanContent, version = 1, effectiveFrom?: string): PublishedPlan {
  const effectiveFromMs = effectiveFrom === undefined ? -Infinity : Date.parse(effectiveFrom)
  return { plan: content.id, version, kind: 'plan', effectiveFromMs, effectiveToMs: Infinity, content }
}

export function phase(plan: string, changed: Partial<SubscriptionPhase> = {}): SubscriptionPhase {
  return {
    from: '2026-01-01T00:00:00.000Z',
    plan,
    version: null,
    state: 'active',
    seats: 1,
    add_ons: [],
    overrides: {},
    ...changed,
  }
}

export function subscriptionTo(...phases: SubscriptionPhase[]): Subscription {
  return {
    id: '0198f3a2-0000-7000-8000-000000000001',
    workspace_id: WORKSPACE,
    revision: 1,
    starts_at: phases[0]!.from,
    ends_at: null,
    billing: { cycle: 'calendar', months: 1, anchor: phases[0]!.from, time_zone: 'UTC' },
    phases,
  }
}

const book = (charges: BookContent['charges']): BookContent => ({
  currency: 'USD',
  effective_from: '2000-01-01T00:00:00Z',
  effective_to: null,
  source: 'spec',
  source_date: '2026-01-01T00:00:00Z',
  charges,
})

/** Tokens at $1 and $2 per million, everything else at a cent a piece; cost a tenth of it. */
const everything = (scale: string) =>
  book([
    {
      id: 'tokens',
      meters: ['input_tokens', 'output_tokens'],
      price: { model: 'per_unit', rate: scale, per: '1000000' },
    },
    {
      id: 'rest',
      meters: [
        'requests',
        'gpu_seconds',
        'storage_gb_hours',
        'vectors',
        'images',
        'embeddings',
        'audio_seconds',
        'outcome:*',
      ],
      price: { model: 'per_unit', rate: scale, per: '100' },
    },
  ])

/** What prices the events of one workspace: with a subscription by its plans, else by a book. */
export function contextOf(options: {
  readonly plans?: readonly PublishedPlan[]
  readonly subscription?: Subscription
  readonly meters?: Parameters<typeof indexMeters>[0]
}): PricingContext {
  const { plans = [], subscription, meters = [] } = options
  return {
    books: {
      price: [compileBook('price', 1, everything('1'))],
      cost: [compileBook('cost', 1, everything('0.1'))],
    },
    meters: indexMeters([...startMeters, ...meters]),
    plans: Map.groupBy(plans, ({ plan }) => plan),
    subscribed: new SubscribedBooks(),
    subscriptions: new WorkspaceSubscriptions(new Map(subscription === undefined ? [] : [[WORKSPACE, [subscription]]])),
  }
}

let made = 0

/** A usage event as rating takes it; quantities as decimal text. */
export function usageOf(
  quantities: Readonly<Record<string, string>>,
  more: {
    readonly id?: string
    readonly time?: string
    readonly attributes?: Readonly<Record<string, string>>
    readonly data?: Readonly<Record<string, unknown>>
    readonly values?: Readonly<Record<string, string>>
  } = {},
): FreshUsage {
  made += 1
  const event = {
    workspaceId: WORKSPACE,
    source: 'spec',
    id: more.id ?? `e${made}`,
    type: 'tokens.consumed',
    timeMs: Date.parse(more.time ?? '2026-11-10T12:00:00.000Z'),
    attributes: { agent_id: 'a', ...more.attributes },
    agentStatus: undefined,
    latencyMs: undefined,
    quantities: new Map(Object.entries(quantities).map(([meter, text]) => [meter, parseQuantity(text)])),
    values: new Map(Object.entries(more.values ?? {})),
    payloadHash: Buffer.alloc(16),
    raw: { data: more.data ?? {} },
  }
  return freshUsage(event as unknown as UsageEvent)
}
