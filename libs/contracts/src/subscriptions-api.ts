import { z } from 'zod'
import { chargeSchema } from './book.ts'
import type { Endpoint } from './endpoint.ts'
import { idempotent, pageOf, pageParameters } from './page.ts'
import { periodLabelSchema } from './period-closed.ts'
import { feeSchema, planSchema } from './plan.ts'
import { instantSchema } from './primitives.ts'
import {
  billingScheduleSchema,
  overridesSchema,
  subscriptionPhaseSchema,
  subscriptionSchema,
} from './subscription-changed.ts'

const planId = planSchema.shape.id
const version = z
  .int()
  .positive()
  .max(2_147_483_647)
  .nullable()
  .describe('null: the newest version in force, at any time.')
const addOns = z
  .array(z.strictObject({ plan: planId, version: version.default(null) }))
  .max(16)
  .refine((list) => new Set(list.map(({ plan }) => plan)).size === list.length, 'each add-on once')
const seats = subscriptionPhaseSchema.shape.seats
const backdate = z
  .boolean()
  .default(false)
  .describe('Lets it take effect before now; what was rated since then is rated again.')
const revision = z
  .int()
  .positive()
  .optional()
  .describe('The revision you looked at: 409 `subscription.revision` if there is a newer one.')

const whenSchema = z
  .union([z.enum(['now', 'period_end']), instantSchema], { error: '`now`, `period_end` or an instant' })
  .describe(
    '`now` is a few seconds from now (PORTITOR_SUBSCRIPTION_LEAD_MS); `period_end` the end of the period running then.',
  )
export type When = z.infer<typeof whenSchema>

export const createSubscriptionSchema = z
  .strictObject({
    plan: planId,
    version: version.default(null),
    starts_at: instantSchema.optional().describe('A few seconds from now unless said.'),
    backdate,
    billing: z
      .strictObject({
        cycle: billingScheduleSchema.shape.cycle.default('calendar'),
        months: billingScheduleSchema.shape.months.default(1),
        anchor: instantSchema.optional().describe('The start of the subscription unless said.'),
        time_zone: billingScheduleSchema.shape.time_zone.default('UTC'),
      })
      .refine(({ cycle, months }) => cycle === 'anniversary' || 12 % months === 0, {
        path: ['months'],
        error: 'calendar periods of 1, 2, 3, 4, 6 or 12 months, which begin with the year',
      })
      .prefault({}),
    seats: seats.default(1),
    add_ons: addOns.default([]),
    overrides: overridesSchema.default({}),
    trial_days: z.int().nonnegative().max(3_650).optional().describe("The plan's own unless said; 0: none."),
  })
  .meta({ id: 'CreateSubscription' })
export type CreateSubscription = z.infer<typeof createSubscriptionSchema>

export const changeSubscriptionSchema = z
  .strictObject({
    plan: planId.optional(),
    version: version.optional().describe('Of another plan: the newest version in force unless said.'),
    seats: seats.optional(),
    add_ons: addOns.optional(),
    overrides: overridesSchema
      .optional()
      .describe('In place of all before; none are kept where the plan is another one.'),
    when: whenSchema,
    backdate,
    revision,
  })
  .meta({ id: 'ChangeSubscription' })
export type ChangeSubscription = z.infer<typeof changeSubscriptionSchema>
export const pauseSubscriptionSchema = z
  .strictObject({ when: whenSchema, until: instantSchema.nullable().default(null), backdate, revision })
  .meta({ id: 'PauseSubscription' })
export type PauseSubscription = z.infer<typeof pauseSubscriptionSchema>
export const resumeSubscriptionSchema = z
  .strictObject({ when: whenSchema, backdate, revision })
  .meta({ id: 'ResumeSubscription' })
export const cancelSubscriptionSchema = resumeSubscriptionSchema.meta({ id: 'CancelSubscription' })
export type EndSubscription = z.infer<typeof cancelSubscriptionSchema>
export const withdrawSchema = z
  .strictObject({ what: z.enum(['change', 'pause', 'resume', 'cancel']), revision })
  .meta({ id: 'WithdrawScheduled' })
export type WithdrawScheduled = z.infer<typeof withdrawSchema>

/** A charge as customers see it: a price by our cost is shown without its margins, which would tell the cost. */
const shownChargeSchema = z.union([
  chargeSchema,
  chargeSchema.extend({
    price: z.strictObject({
      model: z.literal('cost_plus'),
      event_min: z.string().optional(),
      event_max: z.string().optional(),
    }),
  }),
])
const shownPhaseSchema = subscriptionPhaseSchema
  .extend({
    overrides: z.strictObject({
      charges: z.array(shownChargeSchema).max(64).optional(),
      fees: z.array(feeSchema).max(64).optional(),
    }),
  })
  .meta({ id: 'SubscriptionPhase' })

/** A subscription with what follows from it at the moment of the answer. */
export const subscriptionStateSchema = z
  .object({
    ...subscriptionSchema.shape,
    phases: z.array(shownPhaseSchema),
    status: z
      .enum(['scheduled', 'trialing', 'active', 'paused', 'ended'])
      .describe('`scheduled`: it has not begun. A cancelled one goes on until `ends_at` and is `ended` then.'),
    current_period: z.object({ label: periodLabelSchema, starts_at: instantSchema, ends_at: instantSchema }).nullable(),
    current_phase: shownPhaseSchema.nullable(),
    next_phase: shownPhaseSchema.nullable(),
    trial_ends_at: instantSchema.nullable(),
    /** What is still to come, ascending. All but the end of a trial can be withdrawn. */
    scheduled: z.array(
      z.object({ what: z.enum(['change', 'pause', 'resume', 'cancel', 'trial_end']), at: instantSchema }),
    ),
    created_at: instantSchema,
  })
  .meta({ id: 'SubscriptionState' })
export type SubscriptionState = z.infer<typeof subscriptionStateSchema>
export const listSubscriptionsQuerySchema = z.strictObject(pageParameters)

const subscriptions = '/api/v1/subscriptions'
const read = { service: 'invoicing', method: 'GET', workspace: 'optional', scope: 'billing:read' } as const
const write = { service: 'invoicing', method: 'POST', scope: 'operator' } as const
const answers = { 200: subscriptionStateSchema }
const scheduling =
  'Nothing takes effect sooner than a few seconds from now, unless it is backdated; it takes the place of what of its kind is scheduled for later. What has taken effect stays as it was. The same again changes nothing.'

/** Subscriptions (B-2): a workspace's plan over time. */
export const subscriptionEndpoints: readonly Endpoint[] = [
  {
    ...write,
    workspace: 'required',
    path: subscriptions,
    summary: 'Subscribe a workspace to a plan',
    description: 'A workspace has one subscription at a time: another at the same time is 409 `subscription.overlap`.',
    headers: idempotent,
    body: createSubscriptionSchema,
    answers: { 201: subscriptionStateSchema },
  },
  {
    ...read,
    path: subscriptions,
    summary: 'List subscriptions, newest first: those of the workspace, or of all for an operator who names none',
    query: listSubscriptionsQuerySchema,
    answers: { 200: pageOf(subscriptionStateSchema) },
  },
  { ...read, path: `${subscriptions}/{id}`, summary: 'Read a subscription', answers },
  {
    ...write,
    workspace: 'optional',
    path: `${subscriptions}/{id}/change`,
    summary: 'Change plan, version, seats, add-ons or overrides, now or later',
    description: scheduling,
    body: changeSubscriptionSchema,
    answers,
  },
  {
    ...write,
    workspace: 'optional',
    path: `${subscriptions}/{id}/pause`,
    summary: 'Pause: no recurring fees; what is used all the same is priced',
    description: scheduling,
    body: pauseSubscriptionSchema,
    answers,
  },
  {
    ...write,
    workspace: 'optional',
    path: `${subscriptions}/{id}/resume`,
    summary: 'End a pause',
    description: scheduling,
    body: resumeSubscriptionSchema,
    answers,
  },
  {
    ...write,
    workspace: 'optional',
    path: `${subscriptions}/{id}/cancel`,
    summary: 'End the subscription',
    description: scheduling,
    body: cancelSubscriptionSchema,
    answers,
  },
  {
    ...write,
    workspace: 'optional',
    path: `${subscriptions}/{id}/withdraw`,
    summary: 'Withdraw a scheduled change, pause, resumption or cancellation',
    description: 'All of that kind that take effect later than a few seconds from now.',
    body: withdrawSchema,
    answers,
  },
]
