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

const feeSchema = z.strictObject({
  id: idSchema,
  /** An agent or workflow counts if it has at least one event in the period. */
  per: z.enum(['workspace', 'active_agent', 'seat', 'workflow']),
  price: feePriceSchema,
  /** Owed for the days billed only. Optional: in full. */
  prorated: z.boolean().optional(),
})

/** B-1: what a subscription is billed by. Fees of the period, usage charges with their allowances, and a commitment. */
export const planSchema = z.strictObject({
  id: idSchema,
  name: z.string().max(128),
  currency: currencySchema,
  fees: z.array(feeSchema).max(64),
  credits: z.array(creditSchema).max(32).optional(),
  charges: z.array(chargeSchema).max(256),
  /** The least a period comes to, fees included. Optional: most plans commit to nothing. */
  commitment: z.strictObject({ amount: rateSchema, prorated: z.boolean().optional() }).optional(),
})
