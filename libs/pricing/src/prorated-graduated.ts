import { add, rational, type Rational } from '@portitor/money'
import type { ProratedGraduatedPrice } from './charge.ts'
import type { ExactAmount, PricedEvent } from './priced-event.ts'
import { compileTiers, pricedWithin, type CompiledTiers } from './tiers.ts'

/** Graduated tiers walked step by step: each step prices the tiers it crosses at the share of the period that it lasts. */
export interface ProratedGraduated extends CompiledTiers {
  readonly model: 'prorated_graduated'
}

/** Throws `BookInvalid` naming the tier at fault. */
export function compileProratedGraduated(price: ProratedGraduatedPrice, field: string): ProratedGraduated {
  return { model: 'prorated_graduated', ...compileTiers(price, field, 1n) }
}

/**
 * What the events owe in all, in their order: for each step the units it crosses in each tier × its prorated share × the
 * rate, where steps down take back; nothing below zero; then the flat amounts of every tier up to the highest total. A
 * path that ends below zero owes nothing.
 */
export function proratedTotal(model: ProratedGraduated, events: readonly PricedEvent[]): ExactAmount {
  let total = 0n
  let highest = 0n
  let owed: Rational = { numerator: 0n, denominator: 1n }
  for (const event of events) {
    const quantity = event.quantity!
    if (quantity === 0n || isOutside(event, total)) continue
    const next = total + quantity
    const crossed = curve(model, next) - curve(model, total)
    owed = add(owed, rational(crossed * abs(event.prorated!), abs(quantity)))
    total = next
    if (total > highest) highest = total
  }
  if (total < 0n || events.length === 0) return { numerator: 0n, denominator: 1n }
  const usage = owed.numerator < 0n ? { numerator: 0n, denominator: 1n } : owed
  const flats = model.tiers.reduce(
    (sum, tier, index) => (index === 0 || highest > tier.from ? sum + tier.flat : sum),
    0n,
  )
  return {
    numerator: usage.numerator + flats * usage.denominator,
    denominator: usage.denominator * model.denominator,
  }
}

/**
 * A step up that lasts no share of the period is not in it, and neither is the step down that ends it: one that would go
 * below zero. A step down within the period lasts no share either and counts, as it frees its tiers for what comes later.
 */
function isOutside({ quantity, prorated }: PricedEvent, total: bigint): boolean {
  return prorated === 0n && (quantity! > 0n || total + quantity! < 0n)
}

/** The tiers' rates summed up to a total; below zero the first tier goes on, so that a step down takes back what it gave. */
function curve({ tiers }: ProratedGraduated, quantity: bigint): bigint {
  let sum = 0n
  for (const tier of tiers) {
    if (quantity <= tier.from) break
    sum += pricedWithin(tier, (tier.upTo === undefined || quantity < tier.upTo ? quantity : tier.upTo) - tier.from)
  }
  return quantity < 0n ? -pricedWithin(tiers[0]!, -quantity) : sum
}

function abs(quantity: bigint): bigint {
  return quantity < 0n ? -quantity : quantity
}
