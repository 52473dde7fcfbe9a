import type { PlanContent } from '@portitor/contracts'
import { sum } from '@portitor/money'
import { billPlan, compilePlan } from '@portitor/pricing'
import fc from 'fast-check'
import { keyOfEvent } from '../rater/charge-counters.ts'
import { examplePlan, phase, published, subscriptionTo, usageOf } from '../rater/pricing-context.fixture.ts'
import type { FreshUsage } from '../rater/ratable-usage.ts'
import { billOf } from './rated-period.fixture.ts'

const flat = { model: 'graduated' as const, per: '1000', first_flat: 'every_period' as const }
const tiers = [
  { up_to: '3000', rate: '2', flat_amount: '7' },
  { up_to: null, rate: '1.25' },
]
/** What none of the examples has: first flat amounts, and a minimum and fee in full. */
const flats: PlanContent = {
  ...examplePlan('free'),
  fees: [{ id: 'seats', per: 'seat', price: { model: 'flat', amount: '9.99', due: 'in_arrears' } }],
  charges: [
    { id: 'input', meters: ['input_tokens'], price: { ...flat, tiers }, amount: { min: { amount: '11' } } },
    { id: 'output', meters: ['output_tokens'], scope: 'agent', price: { ...flat, tiers } },
  ],
  commitment: { amount: '25' },
}
const names = ['agent-subscription', 'agent-overage', 'outcome', 'hybrid', 'free', 'pro', 'enterprise']
const plans: [name: string, content: PlanContent][] = [
  ...names.map((name): [string, PlanContent] => [name, examplePlan(name)]),
  ['a plan of first flat amounts', flats],
]

const anyTokens = fc
  .record({
    agent_id: fc.constantFrom('a', 'b', 'c'),
    workflow: fc.constantFrom('', 'x', 'y'),
    input: fc.nat(90_000_000),
    output: fc.nat(9_000_000),
  })
  .map(({ input, output, ...attributes }) =>
    usageOf(
      { input_tokens: String(input + 1), output_tokens: String(output) },
      { time: '2026-11-30T12:00:00.000Z', attributes: { ...attributes, model: 'm' } },
    ),
  )
const anyOutcome = fc
  .record({ success: fc.boolean(), quality: fc.constantFrom('0.5', '0.7', '0.95') })
  .map((data) => usageOf({ 'outcome:meeting_booked': '1' }, { time: '2026-11-30T12:00:00.000Z', data }))
const anyCalls = fc
  .nat(5_000)
  .map((calls) => usageOf({ requests: String(calls + 1) }, { time: '2026-11-30T12:00:00.000Z' }))

function eventsFor({ charges }: PlanContent) {
  const meters = charges.flatMap((charge) => charge.meters)
  return fc.array(
    fc.oneof(
      anyTokens,
      ...(meters.some((meter) => meter.startsWith('outcome:')) ? [anyOutcome] : []),
      ...(meters.includes('requests') ? [anyCalls] : []),
    ),
    { maxLength: 10 },
  )
}

const toPlanEvent = (event: FreshUsage) => ({
  id: keyOfEvent(event),
  timeMs: event.timeMs,
  usage: { quantities: event.quantities, attributes: event.attributes, model: event.attributes['model'] },
  ...event.facts,
})

/** By what is owed for: a first flat amount is of its charge, as the plan's bill has it. Nothing is no line. */
function amounts(
  bill: { readonly lines: readonly { kind: string; id: string; amount: bigint }[] },
  charges: Set<string>,
) {
  const named = Map.groupBy(bill.lines, ({ kind, id }) => `${charges.has(id) && kind === 'fee' ? 'usage' : kind} ${id}`)
  const all = [...named].map(([name, lines]) => [name, sum(lines.map(({ amount }) => amount))] as const)
  return Object.fromEntries(all.filter(([, amount]) => amount !== 0n))
}

describe('the bill of a period whose phase does not change', () => {
  it.each(plans)(
    'B-1 B-8 of %s is what the plan bills for the same events, seats and days, line by line',
    (_, content) => {
      const compiled = compilePlan(content)
      const charges = new Set(content.charges.map(({ id }) => id))
      fc.assert(
        fc.property(eventsFor(content), fc.nat(9), fc.integer({ min: 1, max: 30 }), (events, seats, day) => {
          const from = `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`
          const subscription = subscriptionTo(phase(content.id, { from, seats }))
          const bill = billOf({ plans: [published(content)], subscription, events })
          const planned = billPlan(compiled, {
            days: { billed: 31 - day, period: 30 },
            seats,
            events: events.map(toPlanEvent),
          })
          if (!('lines' in bill) || !('lines' in planned)) throw new Error('both bill every event')
          expect(amounts(bill, charges)).toEqual(amounts(planned, charges))
          expect(bill.total).toBe(planned.total)
        }),
        { numRuns: 1_000 },
      )
    },
  )

  const states = fc.constantFrom('active' as const, 'paused' as const)
  it('B-2 dividing a period into phases of one plan moves no fee by more than a nano-unit for each, and no usage', () => {
    fc.assert(
      fc.property(
        eventsFor(examplePlan('pro')),
        fc.uniqueArray(fc.integer({ min: 2, max: 30 }), { maxLength: 6 }),
        states,
        (events, days, state) => {
          const phases = days
            .toSorted((a, b) => a - b)
            .map((day) => phase('pro', { state, from: `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z` }))
          const bill = (...all: Parameters<typeof subscriptionTo>) => {
            const made = billOf({
              plans: [published(examplePlan('pro'))],
              subscription: subscriptionTo(...all),
              events,
            })
            if (!('lines' in made)) throw new Error('it bills every event')
            return made
          }
          const [whole, divided] = [bill(phase('pro', { state })), bill(phase('pro', { state }), ...phases)]
          const usage = ({ lines }: typeof whole) =>
            sum(lines.filter(({ kind }) => kind === 'usage').map(({ amount }) => amount))
          expect(usage(divided)).toBe(usage(whole))
          const off = divided.total - whole.total
          expect(off < 0n ? -off : off).toBeLessThanOrEqual(BigInt(2 * (phases.length + 1)))
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
