import type { PlanContent } from '@portitor/contracts'
import fc from 'fast-check'
import { examplePlan, usageOf } from './pricing-context.fixture.ts'

/** A meter of each aggregation that does not add up. */
export const oddMeters = (['max', 'latest', 'unique'] as const).map((aggregation) => ({
  name: `${aggregation}_of`,
  unit: 'u',
  event_type: 'seen',
  aggregation,
  value: aggregation,
  dimensions: [],
}))
const tiered = (rate: string) => ({
  model: 'graduated' as const,
  per: '1',
  tiers: [
    { up_to: '10', rate },
    { up_to: null, rate: '0.3' },
  ],
})
/** One charge of each kind that is rated differently: totals, exact sums, orders of events, quantities that do not add up. */
export const everyCharge = (id: string, rate: string): PlanContent => ({
  ...examplePlan('free'),
  id,
  charges: [
    {
      id: 'tokens',
      meters: ['input_tokens'],
      price: {
        model: 'volume',
        per: '7',
        tiers: [
          { up_to: '20', rate },
          { up_to: null, rate: '0.1' },
        ],
      },
    },
    { id: 'agents', meters: ['images'], scope: 'agent', price: tiered(rate), amount: { max: '9' } },
    {
      id: 'share',
      meters: ['outcome:won'],
      price: { model: 'outcome', share_percent: rate, amount: '0.333333', dispute_days: 9 },
    },
    {
      id: 'fees',
      meters: ['outcome:paid'],
      price: { model: 'percentage', percent: rate, fixed: '0.1', free_events: 2 },
    },
    { id: 'margin', meters: ['outcome:made'], price: { model: 'cost_plus', margin_percent: '33.3' } },
    ...oddMeters.map(({ name }) => ({ id: name, meters: [name], price: tiered(rate) })),
  ],
})
/** An event of one of its charges. */
export const anyUsage = fc
  .record({
    kind: fc.constantFrom(
      'input_tokens',
      'images',
      'outcome:won',
      'outcome:paid',
      'outcome:made',
      'max_of',
      'latest_of',
      'unique_of',
    ),
    quantity: fc.integer({ min: 1, max: 30 }),
    minute: fc.nat(59),
    agent: fc.constantFrom('a', 'b'),
    value: fc.nat(500),
  })
  .map(({ kind, quantity, minute, agent, value }) => ({
    kind,
    quantity: kind === 'unique_of' ? 1 : quantity,
    minute,
    agent,
    value,
  }))
export const usagesOf = (
  drawn: readonly { kind: string; quantity: number; minute: number; agent: string; value: number }[],
) =>
  drawn.map(({ kind, quantity, minute, agent, value }, n) =>
    usageOf(
      { [kind]: String(quantity) },
      {
        id: `${n}`,
        time: `2026-11-10T12:${String(minute).padStart(2, '0')}:00.000Z`,
        attributes: { agent_id: agent },
        data: { value: `${value}.07` },
        ...(kind === 'unique_of' ? { values: { unique_of: agent } } : {}),
      },
    ),
  )
