import { z } from 'zod'
import { chargeSchema } from './book.ts'
import { creditSchema, rateSchema } from './charge-models.ts'
import { currencySchema } from './primitives.ts'

const idSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/)
  .max(48)

/** A fee of the period, in advance or in arrears; or one that follows from peaks, where null is no limit. */
const feePriceSchema = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('flat'), amount: rateSchema, due: z.enum(['in_advance', 'in_arrears']) }),
  z.strictObject({
    model: z.literal('capacity'),
    tiers: z
      .array(z.strictObject({ amount: rateSchema, limits: z.record(z.string(), z.string().nullable()) }))
      .min(1)
      .max(64),
  }),
])

export const feeSchema = z.strictObject({
  id: idSchema,
  /** An agent or workflow counts if it has at least one event in the period. */
  per: z.enum(['workspace', 'active_agent', 'seat', 'workflow']),
  price: feePriceSchema,
  /** Owed for the days billed only. Optional: in full. */
  prorated: z.boolean().optional(),
})

/** B-1: what a subscription is billed by. Fees of the period, usage charges with their allowances, and a commitment. */
export const planSchema = z
  .strictObject({
    id: idSchema,
    name: z.string().max(128),
    /** An add-on is subscribed to beside a plan, whose charges come first. Optional: `plan`. */
    kind: z.enum(['plan', 'add_on']).optional(),
    /** `private`: customers see it if they are subscribed to it, now, before or to come. Optional: `public`. */
    visibility: z.enum(['public', 'private']).optional(),
    currency: currencySchema,
    fees: z.array(feeSchema).max(64),
    credits: z.array(creditSchema).max(32).optional(),
    charges: z.array(chargeSchema).max(256),
    /** Who prices what no charge takes. Optional: `refuse`, so that nothing is free by accident. */
    otherwise: z.enum(['refuse', 'price_book']).optional(),
    /** When the tiers of this version begin to hold if it takes effect inside of a period. Optional: `next_period`. */
    mid_period: z.enum(['next_period', 'at_once']).optional(),
    /** The least a period comes to, fees included. Optional: most plans commit to nothing. */
    commitment: z.strictObject({ amount: rateSchema, prorated: z.boolean().optional() }).optional(),
    /** A new subscription is free for so many days. Optional: none. */
    trial_days: z.int().positive().max(3_650).optional(),
    /** What the customer may use, for the application and the gate: data here, enforced there. */
    features: z.record(idSchema, z.union([z.boolean(), z.string().max(256)])).optional(),
    /** Ceilings of a period by meter, for the gate. */
    limits: z.record(z.string().max(64), z.string().regex(/^\d{1,18}$/)).optional(),
  })
  .meta({ id: 'Plan' })
export type PlanContent = z.infer<typeof planSchema>
