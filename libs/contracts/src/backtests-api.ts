import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { idPathSchema, pageOf, pageParameters, pageQuerySchema } from './page.ts'
import { currencySchema, instantSchema, nanosSchema, workspaceIdSchema } from './primitives.ts'

const version = z.int().positive().max(2_147_483_647)
const count = z.int().nonnegative()

export const backtestSchema = z
  .strictObject({
    from: instantSchema.describe('Events with a time in [from, to): whole billing periods, at most 400 days.'),
    to: instantSchema,
    price_version: version.optional().describe('Of the price book, drafts too; those in force unless said.'),
    cost_version: version.optional(),
    plan: z
      .strictObject({ plan: z.string().max(48), version })
      .optional()
      .describe('A plan or add-on, drafts too.'),
    workspace_ids: z.array(workspaceIdSchema).min(1).max(100).optional().describe('All unless said.'),
    assume: z
      .enum(['subscribed', 'all'])
      .default('subscribed')
      .describe(
        '`subscribed`: each workspace as it is subscribed, and the plan’s version holds for its subscribers. `all`: as if every workspace were subscribed to the plan, by calendar months in UTC.',
      ),
  })
  .meta({ id: 'Backtest' })
export type Backtest = z.infer<typeof backtestSchema>

const sideSchema = z.object({ price_nanos: nanosSchema, cost_nanos: nanosSchema, margin_nanos: nanosSchema })
const comparison = {
  currency: currencySchema,
  before: sideSchema.describe('What is owed and what it costs by the ratings there are, corrections included.'),
  after: sideSchema.describe('By the versions under test; of events that they do not price, nothing.'),
  difference_nanos: nanosSchema.describe('After less before of the price.'),
  refused: z
    .object({ events: count, price_nanos: nanosSchema, cost_nanos: nanosSchema })
    .describe(
      'Events that the versions do not price, and what of `before` is theirs: a re-rating leaves them as they are.',
    ),
}
const whole =
  'whether `from` and `to` are borders of billing periods. Where they are not, counters begin at zero at `from`, so that tiers and allowances begin anew'

export const backtestWorkspaceSchema = z.object({
  workspace_id: workspaceIdSchema,
  ...comparison,
  pays_more: z.boolean(),
  events: count,
  whole_periods: z.boolean().describe(`Of this workspace: ${whole}.`),
})
export type BacktestWorkspace = z.infer<typeof backtestWorkspaceSchema>

export const backtestAnswerSchema = z
  .object({
    id: z.uuid(),
    ...backtestSchema.shape,
    assume: z.enum(['subscribed', 'all']),
    revisions: z
      .object({ price: count.optional(), cost: count.optional(), plan: count.optional() })
      .describe('Of the contents under test: a draft that is changed meanwhile fails the back-test.'),
    basis: z
      .literal('usage')
      .describe('Usage charges only: recurring fees, minimums and commitments are in neither sum.'),
    status: z.enum(['running', 'done', 'failed', 'cancelled']),
    error: z.string().nullable(),
    progress: z.number().min(0).max(1).describe('The share of the events that were looked at.'),
    events: count,
    workspaces: z.object({
      replayed: count.describe('Those of which `totals` are.'),
      failed: count.describe('Those that could not be replayed: too many tiers or agents, or amounts beyond 64 bits.'),
      paying_more: count,
      paying_less: count,
      partial_periods: count.describe(`Not so: ${whole}.`),
    }),
    /** Per currency. */
    totals: z.array(z.object(comparison)),
    reasons: z
      .array(z.object({ code: z.string(), detail: z.string().describe('Of one of them.'), events: count }))
      .describe('Why events were refused; the 20 codes with most events.'),
    failures: z
      .array(z.object({ workspace_id: workspaceIdSchema, error: z.string() }))
      .describe('Of the first 20 workspaces that could not be replayed.'),
    created_at: instantSchema,
    finished_at: instantSchema.nullable(),
  })
  .meta({ id: 'BacktestAnswer' })
export type BacktestAnswer = z.infer<typeof backtestAnswerSchema>

export const backtestSorts = ['pays_more', 'pays_less', 'price_before', 'price_after', 'margin_after'] as const
export type BacktestSort = (typeof backtestSorts)[number]
export const backtestWorkspacesQuerySchema = z.strictObject({
  sort: z
    .enum(backtestSorts)
    .default('pays_more')
    .describe('Who would pay the most more first, the most less first; or by an amount, the largest first.'),
  ...pageParameters,
})
export type BacktestWorkspacesQuery = z.infer<typeof backtestWorkspacesQuerySchema>
export const backtestPathSchema = idPathSchema

const service = 'rating'
/** Back-tests of prices. */
export const backtestOperations: readonly Endpoint[] = [
  {
    service,
    method: 'POST',
    path: '/api/v1/pricing/backtests',
    scope: 'operator',
    summary: 'Replay a past period under drafts or other versions, in the background: nothing is posted',
    description:
      'The events as they are in analytics, rated by the code that rates, on counters of its own. Without a version by what is in force: what a re-rating would come to. At most 4 run at once and 50 are kept; the same `idempotency-key` within 24 hours answers the first answer again.',
    headers: { 'idempotency-key': 'Up to 255 visible characters: the same key is the same back-test.' },
    body: backtestSchema,
    answers: { 202: backtestAnswerSchema },
    workspace: 'none',
  },
  {
    service,
    method: 'GET',
    path: '/api/v1/pricing/backtests',
    scope: 'operator',
    summary: 'Back-tests, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(backtestAnswerSchema) },
    workspace: 'none',
  },
  {
    service,
    method: 'GET',
    path: '/api/v1/pricing/backtests/{id}',
    scope: 'operator',
    summary: 'How far a back-test is, and revenue, cost and margin before and after',
    answers: { 200: backtestAnswerSchema },
    workspace: 'none',
  },
  {
    service,
    method: 'GET',
    path: '/api/v1/pricing/backtests/{id}/workspaces',
    scope: 'operator',
    summary: 'Before and after of each customer: who would pay more',
    description: 'A line for each workspace and currency; while the back-test runs, of those that are done.',
    query: backtestWorkspacesQuerySchema,
    answers: { 200: pageOf(backtestWorkspaceSchema) },
    workspace: 'none',
  },
  {
    service,
    method: 'POST',
    path: '/api/v1/pricing/backtests/{id}/cancel',
    scope: 'operator',
    summary: 'Stop a back-test; what it has found by then stays',
    answers: { 200: backtestAnswerSchema },
    workspace: 'none',
  },
]
