import { BookInvalid } from './charge.ts'
import type { Overrides, Plan } from './plan.ts'

/** The plan with a subscription's own charges and fees in their places. Throws `BookInvalid` where the plan has none of an id. */
export function withOverrides(plan: Plan, { charges = [], fees = [] }: Overrides): Plan {
  return {
    ...plan,
    charges: replaced(plan.charges, charges, 'overrides.charges'),
    fees: replaced(plan.fees, fees, 'overrides.fees'),
  }
}

function replaced<One extends { readonly id: string }>(own: readonly One[], by: readonly One[], field: string): One[] {
  for (const [index, { id }] of by.entries())
    if (!own.some((one) => one.id === id)) throw new BookInvalid(`${field}.${index}.id`, `the plan has no ${id}`)
  return own.map((one) => by.find(({ id }) => id === one.id) ?? one)
}
