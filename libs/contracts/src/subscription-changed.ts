import { z } from 'zod'
import { chargeSchema } from './book.ts'
import { feeSchema } from './plan.ts'
import { instantSchema, workspaceIdSchema } from './primitives.ts'

/** A plan or add-on, pinned to a version or following the newest one in force. */
const subscribedPlanSchema = z.strictObject({
  plan: z.string().max(48),
  version: z.int().positive().nullable().describe('null: the newest version in force, at any time.'),
})

/** Charges and fees that stand in for those of the same id in the plan (B-2). */
export const overridesSchema = z.strictObject({
  charges: z.array(chargeSchema).max(64).optional(),
  fees: z.array(feeSchema).max(64).optional(),
})

/** What holds from an instant on, until the next phase or the end. */
export const subscriptionPhaseSchema = z.strictObject({
  from: instantSchema,
  ...subscribedPlanSchema.shape,
  /** `trial`: all usage is free. `paused`: no recurring fees; what is used all the same is priced. */
  state: z.enum(['trial', 'active', 'paused']),
  seats: z.int().nonnegative().max(1_000_000),
  add_ons: z.array(subscribedPlanSchema).max(16),
  overrides: overridesSchema,
})
export type SubscriptionPhase = z.infer<typeof subscriptionPhaseSchema>

/** `calendar`: periods end with the month in the time zone; `anniversary`: at the day and hour of `anchor`. */
export const billingScheduleSchema = z.strictObject({
  cycle: z.enum(['calendar', 'anniversary']),
  /** Months of a period. */
  months: z.int().min(1).max(12),
  /** Where anniversaries are counted from; the last day of a month that is too short. */
  anchor: instantSchema,
  time_zone: z.string().max(64).describe('IANA name: `Europe/Vienna`.'),
})
export type BillingSchedule = z.infer<typeof billingScheduleSchema>

/** A workspace's subscription as it stands, its whole timeline (B-2). */
export const subscriptionSchema = z
  .strictObject({
    id: z.uuid(),
    workspace_id: workspaceIdSchema,
    /** Counts its changes from 1. */
    revision: z.int().positive(),
    starts_at: instantSchema,
    ends_at: instantSchema.nullable(),
    billing: billingScheduleSchema,
    /** Ascending; the first begins with the subscription. */
    phases: z.array(subscriptionPhaseSchema).min(1).max(512),
  })
  .meta({ id: 'Subscription' })
export type Subscription = z.infer<typeof subscriptionSchema>

/**
 * A record of `portitor.subscription.changed.v1`, keyed by the subscription's id: all of it as it stands, so a reader of the
 * compacted topic knows every subscription. `changed_from`: the earliest instant at which the change makes a difference.
 */
export const subscriptionChangedSchema = z.object({
  subscription: subscriptionSchema,
  changed_from: instantSchema,
  changed_at: instantSchema,
})
export type SubscriptionChanged = z.infer<typeof subscriptionChangedSchema>
