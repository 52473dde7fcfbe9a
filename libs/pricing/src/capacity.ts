import { roundHalfEven } from '@portitor/money'
import { BookInvalid, type CapacityPrice } from './charge.ts'
import { inNanos } from './priced-event.ts'
import { readQuantity, readRate } from './read-rate.ts'

/** A fee that follows from peaks: the lowest tier that holds all of them. */
export interface Capacity {
  readonly model: 'capacity'
  readonly tiers: readonly { readonly amount: bigint; readonly limits: ReadonlyMap<string, bigint | undefined> }[]
}

/** Throws `BookInvalid` where a tier holds less than the one before, or the last has a limit. */
export function compileCapacity(price: CapacityPrice, field: string): Capacity {
  const tiers = price.tiers.map((tier, index) => {
    const at = `${field}.tiers.${index}`
    const { numerator, denominator } = inNanos(readRate(tier.amount, `${at}.amount`))
    const limits = Object.entries(tier.limits).map(
      ([meter, limit]) => [meter, limit === null ? undefined : readQuantity(limit, `${at}.limits.${meter}`)] as const,
    )
    return { amount: roundHalfEven(numerator, denominator), limits: new Map(limits) }
  })
  for (const [index, tier] of tiers.entries())
    for (const [meter, limit] of tiers[index - 1]?.limits ?? []) {
      const own = tier.limits.get(meter)
      if (own !== undefined && (limit === undefined || own < limit))
        throw new BookInvalid(
          `${field}.tiers.${index}.limits.${meter}`,
          'tiers ascend: it holds less than the tier before',
        )
    }
  return { model: 'capacity', tiers }
}

/** The amount in nano-units of the lowest tier whose every limit holds the peak of its meter; undefined where none does. A meter that a tier does not name is not limited by it. */
export function capacityAmount({ tiers }: Capacity, peaks: ReadonlyMap<string, bigint>): bigint | undefined {
  const fitting = tiers.find(({ limits }) =>
    [...limits].every(([meter, limit]) => limit === undefined || (peaks.get(meter) ?? 0n) <= limit),
  )
  return fitting?.amount
}
