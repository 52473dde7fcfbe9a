import { planSchema } from '@portitor/contracts'
import { oneUnit } from '@portitor/money'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { billPlan, type PlanBill, type PlanPeriod } from './bill-plan.ts'
import { compilePlan } from './compile-plan.ts'
import { usage } from './example-book.fixture.ts'
import type { PlanEvent } from './gather-usage.ts'

const folder = new URL('../../../examples/plans/', import.meta.url)
const planOf = (name: string) => planSchema.parse(JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')))
const cents = (amount: bigint): number => Number(amount / 10_000_000n) / 100

/** A bill in words: `{agent: 49, tokens: 0.5}`, in dollars; a minimum or commitment under its kind. */
function dollars(bill: PlanBill): Record<string, number> {
  if ('refused' in bill) throw new Error(bill.refused.detail)
  const lines = bill.lines.map(({ id, kind, amount }) => [kind === 'minimum' ? `${id} minimum` : id, cents(amount)])
  return { ...(Object.fromEntries(lines) as Record<string, number>), total: cents(bill.total) }
}

let sequence = 0
function event(
  counts: Record<string, number>,
  attributes: Record<string, string> = {},
  more: Partial<PlanEvent> = {},
): PlanEvent {
  const id = `e${String(sequence++).padStart(6, '0')}`
  return { id, timeMs: sequence, usage: { ...usage(counts), attributes }, ...more }
}
const tokens = (agent_id: string, input: number, output: number): PlanEvent =>
  event({ input_tokens: input, output_tokens: output }, { agent_id })
const period = (events: readonly PlanEvent[], more: Partial<PlanPeriod> = {}): PlanPeriod => ({
  days: { billed: 30, period: 30 },
  seats: 0,
  events,
  ...more,
})
const bill = (name: string, events: readonly PlanEvent[], more: Partial<PlanPeriod> = {}) =>
  dollars(billPlan(compilePlan(planOf(name)), period(events, more)))

describe('the four shapes that agents need', () => {
  it('B-1 $49 for each agent that was active, whatever it used: two agents are $98, none is nothing', () => {
    const events = [tokens('a', 9_000_000, 1), tokens('a', 1, 1), tokens('b', 5, 5)]
    expect(bill('agent-subscription', events)).toEqual({ agent: 98, tokens: 0, total: 98 })
    expect(bill('agent-subscription', [])).toEqual({ agent: 0, tokens: 0, total: 0 })
  })

  it('B-1 5 M tokens for each agent: 6 M and 1 M are $98 and 1 extra million, $0.50', () => {
    const events = [tokens('a', 4_000_000, 1_000_000), tokens('b', 500_000, 500_000), tokens('a', 600_000, 400_000)]
    expect(bill('agent-overage', events)).toEqual({ agent: 98, tokens: 0.5, total: 98.5 })
  })

  it('B-1 $1.20 for each qualified meeting: of five, one does not qualify and one is disputed in time: $3.60', () => {
    const day = 86_400_000
    const meeting = (more: Partial<PlanEvent> = {}) =>
      event({ 'outcome:meeting_booked': 1, input_tokens: 50_000 }, {}, more)
    const events = [
      meeting(),
      meeting(),
      meeting({ qualified: false }),
      meeting({ timeMs: 0, disputedAtMs: 14 * day }),
      meeting({ timeMs: 0, disputedAtMs: 15 * day }),
    ]
    expect(bill('outcome', events)).toEqual({ meetings: 3.6, tokens: 0, total: 3.6 })
    expect(bill('outcome', [event({ 'outcome:meeting_booked': 3 })])).toEqual({ meetings: 3.6, tokens: 0, total: 3.6 })
  })

  it('B-1 $199, 3 good outcomes at $0.80, and 2.5 M above 10 M of one agent at $0.40: $202.40', () => {
    const outcome = (quality: bigint) => event({ 'outcome:ticket_solved': 1 }, { agent_id: 'a' }, { quality })
    const good = Array.from({ length: 3 }, () => outcome((oneUnit * 9n) / 10n))
    const events = [...good, outcome(oneUnit / 2n), tokens('a', 12_000_000, 500_000), tokens('b', 10_000_000, 0)]
    expect(bill('hybrid', events)).toEqual({ platform: 199, outcomes: 2.4, tokens: 1, total: 202.4 })
  })
})

describe('free, pro and enterprise', () => {
  it('B-1 free: 1 M tokens are nothing, 1.2 M are $1', () => {
    expect(bill('free', [tokens('a', 600_000, 400_000)]).total).toBe(0)
    expect(bill('free', [tokens('a', 600_000, 400_000), tokens('b', 100_000, 100_000)]).total).toBe(1)
  })

  it('B-1 pro for 10 of 30 days with 4 seats: a third of $20 and of $60; 110 M of 120 M at $3 and $2: $320, at most $500', () => {
    const days = { billed: 10, period: 30 }
    expect(bill('pro', [tokens('a', 100_000_000, 20_000_000)], { days, seats: 4 })).toEqual({
      base: 6.66,
      seats: 20,
      tokens: 320,
      total: 346.66,
    })
    expect(bill('pro', [tokens('a', 900_000_000, 0)], { seats: 1 })).toEqual({
      base: 20,
      seats: 15,
      tokens: 500,
      total: 535,
    })
  })

  it('B-1 enterprise: 100 M tokens at $2 less 10 % are $180 and $120 to the minimum, 1,001 calls are 6 credits at $0.10; the rest is committed', () => {
    const events = [
      event({ input_tokens: 60_000_000, output_tokens: 40_000_000, requests: 1 }, { workflow: 'x' }),
      event({ requests: 1_000 }, { workflow: 'y' }),
    ]
    expect(bill('enterprise', events)).toEqual({
      workflows: 50,
      tokens: 180,
      'tokens minimum': 120,
      calls: 0.6,
      commitment: 649.4,
      total: 1_000,
    })
  })

  it('B-1 enterprise for half a period commits to half; beyond its volume all tokens are cheaper', () => {
    const days = { billed: 15, period: 30 }
    expect(bill('enterprise', [], { days })).toEqual({
      workflows: 0,
      tokens: 0,
      'tokens minimum': 150,
      calls: 0,
      commitment: 350,
      total: 500,
    })
    expect(bill('enterprise', [tokens('a', 2_000_000_000, 0)])).toMatchObject({
      tokens: 2_700,
      'tokens minimum': 0,
      commitment: 0,
    })
  })
})

describe('bills of plans', () => {
  it('B-1 a pooled allowance grows with the active agents: 3 M for two agents covers one that used it all', () => {
    const plan = compilePlan({
      ...planOf('agent-overage'),
      charges: [{ ...planOf('agent-overage').charges[0]!, scope: 'workspace' }],
    })
    const events = [tokens('a', 9_000_000, 1_000_000), tokens('b', 1, 0)]
    expect(dollars(billPlan(plan, period(events)))).toEqual({ agent: 98, tokens: 0, total: 98 })
    expect(dollars(billPlan(plan, period([tokens('a', 10_000_000, 0)])))).toEqual({
      agent: 49,
      tokens: 2.5,
      total: 51.5,
    })
  })

  it('B-1 the same period gives the same bill in any order of its events', () => {
    const anyEvent = fc
      .record({
        agent: fc.constantFrom('a', 'b', 'c'),
        input: fc.nat(9_000_000),
        output: fc.nat(9_000_000),
        outcomes: fc.nat(2),
      })
      .map(({ agent, input, output, outcomes }) =>
        event(
          { input_tokens: input, output_tokens: output, 'outcome:solved': outcomes },
          { agent_id: agent },
          { quality: oneUnit },
        ),
      )
    const orders = fc
      .array(anyEvent, { maxLength: 8 })
      .chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
      )
    const plan = compilePlan(planOf('hybrid'))
    fc.assert(
      fc.property(orders, ([one, other]) => {
        expect(billPlan(plan, period(other))).toEqual(billPlan(plan, period(one)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-4 what the plan does not price, and a token event without the agent whose allowance it uses, is refused', () => {
    const plan = compilePlan(planOf('agent-overage'))
    expect(billPlan(plan, period([event({ gpu_seconds: 1 }, { agent_id: 'a' })]))).toMatchObject({
      refused: { code: 'pricing.no_charge' },
    })
    expect(billPlan(plan, period([event({ input_tokens: 1 })]))).toMatchObject({ refused: { code: 'agent.missing' } })
  })

  it('R-3 cost plus takes provider and model from what was used, and refuses a usage whose cost is not known', () => {
    const price = {
      model: 'cost_plus' as const,
      margin_percent: '20',
      margins: [{ model: 'gpt-4o', margin_percent: '50' }],
    }
    const charges = [{ id: 'tokens', meters: ['input_tokens'], price }]
    const plan = compilePlan({ id: 'c', name: 'C', currency: 'USD', fees: [], charges })
    const used = { id: 'a', timeMs: 0, usage: usage({ input_tokens: 5 }, 'GPT-4o', 'openai') }
    expect(dollars(billPlan(plan, period([{ ...used, cost: 2n * oneUnit }])))).toEqual({ tokens: 3, total: 3 })
    expect(billPlan(plan, period([used]))).toMatchObject({ event: 'a', refused: { code: 'pricing.no_rate' } })
  })

  it('R-3 a flat fee is due in advance or in arrears, as the plan says; what follows from the period is in arrears', () => {
    const dues = (name: string) => {
      const billed = billPlan(compilePlan(planOf(name)), period([]))
      return 'refused' in billed ? [] : billed.lines.map(({ id, due }) => `${id} ${due}`)
    }
    expect(dues('hybrid')).toEqual(['platform in_advance', 'outcomes in_arrears', 'tokens in_arrears'])
    expect(dues('agent-overage')[0]).toBe('agent in_arrears')
  })

  it('B-1 capacity is the lowest tier that holds every peak; none that does is refused', () => {
    const tiers = [
      { amount: '10', limits: { rps: '5', seats: null } },
      { amount: '40', limits: { rps: '50' } },
    ]
    const fee = { id: 'size', per: 'workspace' as const, price: { model: 'capacity' as const, tiers } }
    const plan = compilePlan({ id: 'c', name: 'C', currency: 'USD', fees: [fee], charges: [] })
    const at = (rps: bigint) => billPlan(plan, period([], { peaks: new Map([['rps', rps * oneUnit]]) }))
    expect([dollars(at(5n)).total, dollars(at(6n)).total]).toEqual([10, 40])
    expect(at(51n)).toMatchObject({ refused: { code: 'pricing.no_rate' } })
  })
})
