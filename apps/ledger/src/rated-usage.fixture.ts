import type { RatedUsage } from '@portitor/contracts'
import fc from 'fast-check'

export const WORKSPACES = [
  '0199c1d2-7b3a-7c4e-9d21-000000000001',
  '0199c1d2-7b3a-7c4e-9d21-000000000002',
  '0199c1d2-7b3a-7c4e-9d21-000000000003',
] as const

/** What an event owes, as nano-units per charge. */
interface Owed {
  readonly price?: Readonly<Record<string, bigint>>
  readonly cost?: Readonly<Record<string, bigint>>
}

/** A rated event for specs: whole in itself, its totals being the sums of its charges. */
export function ratedUsage({ price = {}, cost = {} }: Owed = {}, overrides: Partial<RatedUsage> = {}): RatedUsage {
  const charges = (side: 'price' | 'cost', owed: Readonly<Record<string, bigint>>) =>
    Object.entries(owed).map(([charge, amount]) => ({
      side,
      charge,
      version: side === 'price' ? 3 : 7,
      amount_nanos: String(amount),
    }))
  const total = (owed: Readonly<Record<string, bigint>>) =>
    String(Object.values(owed).reduce((sum, amount) => sum + amount, 0n))
  return {
    workspace_id: WORKSPACES[0],
    source: 'spec',
    id: 'event-1',
    type: 'tokens.consumed',
    time: '2023-11-14T22:13:20.000Z',
    rated_at: '2023-11-14T22:13:21.000Z',
    provider: 'openai',
    model: 'gpt-4o',
    quantities: { input_tokens: '10' },
    currency: 'USD',
    price_nanos: total(price),
    cost_nanos: total(cost),
    charges: [...charges('price', price), ...charges('cost', cost)],
    ...overrides,
  }
}

const amount = fc.oneof(fc.constant(0n), fc.bigInt({ min: -1_000_000n, max: 1_000_000_000_000n }))
const owed = fc.dictionary(fc.constantFrom('tokens', 'requests', 'seats'), amount, { noNullPrototype: true })
const word = fc.option(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }), { nil: undefined })

/** Any rated event of a few workspaces and charges; its id is `id`. */
export const ratedUsageArbitrary = (id: fc.Arbitrary<string>): fc.Arbitrary<RatedUsage> =>
  fc
    .record({
      price: owed,
      cost: owed,
      id,
      workspace_id: fc.constantFrom(...WORKSPACES),
      ms: fc.integer({ min: Date.UTC(2023, 9, 1), max: Date.UTC(2024, 1, 1) }),
      currency: fc.constantFrom('USD', 'USD', 'EUR'),
      provider: fc.constantFrom('openai', 'anthropic', undefined),
      agent_id: word,
      team: word,
    })
    .map(({ price, cost, ms, id, workspace_id, currency, provider, agent_id, team }) => ({
      ...ratedUsage({ price, cost }, { id, workspace_id, currency, time: new Date(ms).toISOString() }),
      ...(provider === undefined ? {} : { provider }),
      ...(agent_id === undefined ? {} : { agent_id }),
      ...(team === undefined ? {} : { team }),
    }))
