import type { Charge, PlanContent } from '@portitor/contracts'

export const tokensCharge: Charge = {
  id: 'tokens',
  meters: ['input_tokens', 'output_tokens'],
  together: true,
  price: { model: 'per_unit', rate: '3', per: '1000000' },
}

/** A plan that can be published. */
export function planFixture(changes: Partial<PlanContent> = {}): PlanContent {
  return {
    id: 'starter',
    name: 'Starter',
    currency: 'USD',
    fees: [{ id: 'base', per: 'workspace', price: { model: 'flat', amount: '20', due: 'in_advance' } }],
    charges: [tokensCharge],
    ...changes,
  }
}
