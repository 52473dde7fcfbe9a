import type { PlanContent, Subscription } from '@portitor/contracts'
import { examplePlan, phase, published, subscriptionTo, usageOf } from '../rater/pricing-context.fixture.ts'
import { billOf, dollars } from './rated-period.fixture.ts'

const tokens = (agent_id: string, input: number, output: number, more: { time?: string; workflow?: string } = {}) =>
  usageOf(
    { input_tokens: String(input), output_tokens: String(output) },
    {
      ...(more.time === undefined ? {} : { time: `2026-11-${more.time}Z` }),
      attributes: { agent_id, model: 'm', ...(more.workflow === undefined ? {} : { workflow: more.workflow }) },
    },
  )
const outcome = (data: object = {}, meter = 'outcome:ticket_solved') => usageOf({ [meter]: '1' }, { data: { ...data } })
const november = (day: number) => `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`
const plansOf = (...names: string[]) => names.map((name) => published(examplePlan(name)))
const lines = (names: string[], subscription: Subscription, events: ReturnType<typeof usageOf>[] = []) =>
  dollars(billOf({ plans: plansOf(...names), subscription, events }))

describe('the bill of a period: the four shapes that agents need', () => {
  it('B-1 B-8 $49 for each active agent: two are $98, and their tokens nothing', () => {
    const subscription = subscriptionTo(phase('agent_subscription'))
    expect(
      lines(['agent-subscription'], subscription, [tokens('a', 9, 1), tokens('a', 1, 1), tokens('b', 5, 5)]),
    ).toEqual({
      'fee agent of agent_subscription': 98,
      'usage tokens of agent_subscription': 0,
      total: 98,
    })
    expect(lines(['agent-subscription'], subscription)).toEqual({ 'fee agent of agent_subscription': 0, total: 0 })
  })

  it('B-1 B-8 5 M tokens for each agent: 6 M and 1 M are $98 and half a dollar', () => {
    const events = [tokens('a', 4_000_000, 1_000_000), tokens('b', 500_000, 500_000), tokens('a', 600_000, 400_000)]
    expect(lines(['agent-overage'], subscriptionTo(phase('agent_overage')), events)).toEqual({
      'fee agent of agent_overage': 98,
      'usage tokens of agent_overage': 0.5,
      total: 98.5,
    })
  })

  it('B-1 B-8 $1.20 for each meeting that succeeded: three of four are $3.60', () => {
    const meetings = [{}, {}, { success: false }, {}].map((data) => outcome(data, 'outcome:meeting_booked'))
    expect(lines(['outcome'], subscriptionTo(phase('outcome')), meetings)).toEqual({
      'usage meetings of outcome': 3.6,
      total: 3.6,
    })
  })

  it('B-1 B-8 $199, 3 good outcomes at $0.80, and 2.5 M above 10 M of one agent at $0.40: $202.40', () => {
    const outcomes = ['0.9', '0.9', '0.9', '0.5'].map((quality) => outcome({ quality }))
    const events = [...outcomes, tokens('a', 12_000_000, 500_000), tokens('b', 10_000_000, 0)]
    expect(lines(['hybrid'], subscriptionTo(phase('hybrid')), events)).toEqual({
      'fee platform of hybrid': 199,
      'usage outcomes of hybrid': 2.4,
      'usage tokens of hybrid': 1,
      total: 202.4,
    })
  })
})

describe('the bill of a period in which something changed', () => {
  it('B-2 seats from 4 to 6 in the middle of pro: $30 and $45 by days, the base in two halves, and one total of tokens', () => {
    const subscription = subscriptionTo(phase('pro', { seats: 4 }), phase('pro', { seats: 6, from: november(16) }))
    const events = [tokens('a', 60_000_000, 0), tokens('a', 60_000_000, 0, { time: '20T00:00:00' })]
    const bill = billOf({ plans: plansOf('pro'), subscription, events })
    // 110 M beyond the allowance: 100 M at $3 and 10 M at $2.
    expect(dollars(bill)).toEqual({
      'fee base of pro': 20,
      'fee seats of pro': 75,
      'usage tokens of pro': 320,
      total: 415,
    })
    expect('lines' in bill && bill.lines.map(({ due, text }) => [due, text])).toEqual([
      ['in_advance', '$20.00, 15 of 30 days'],
      ['in_advance', '4 seats at $15.00, 15 of 30 days'],
      ['in_advance', '$20.00, 15 of 30 days'],
      ['in_advance', '6 seats at $15.00, 15 of 30 days'],
      ['in_arrears', undefined],
    ])
  })

  it('B-2 pro to enterprise after 20 of 30 days: pro by its days, the minimum and commitment by those of enterprise', () => {
    const subscription = subscriptionTo(phase('pro', { seats: 4 }), phase('enterprise', { from: november(21) }))
    const events = [
      tokens('a', 20_000_000, 0, { time: '10T00:00:00', workflow: 'x' }),
      tokens('a', 30_000_000, 20_000_000, { time: '25T00:00:00', workflow: 'y' }),
    ]
    // A third of $300 is $100, of $1,000 $333.33…: $10 and $100 are short of them. Workflows count over the period.
    expect(lines(['pro', 'enterprise'], subscription, events)).toEqual({
      'fee base of pro': 13.333333333,
      'fee seats of pro': 40,
      'fee workflows of enterprise': 50,
      'usage tokens of pro': 30,
      'usage tokens of enterprise': 90,
      'minimum tokens of enterprise': 10,
      'commitment commitment of enterprise': 100,
      total: 333.333333333,
    })
  })

  it('B-2 a fee that is not by days is owed once: in advance by the plan of the beginning, in arrears by that of the end', () => {
    const hybridFirst = subscriptionTo(phase('hybrid'), phase('agent_overage', { from: november(16) }))
    expect(lines(['hybrid', 'agent-overage'], hybridFirst, [tokens('a', 1, 0)])).toMatchObject({
      'fee platform of hybrid': 199,
      'fee agent of agent_overage': 49,
      total: 248,
    })
    const hybridLast = subscriptionTo(phase('agent_overage'), phase('hybrid', { from: november(16) }))
    expect(lines(['hybrid', 'agent-overage'], hybridLast, [tokens('a', 1, 0)])).toMatchObject({ total: 0 })
  })

  it('B-2 a trial of 10 days owes nothing: no fee, no usage; the 20 days after it are two thirds', () => {
    const subscription = subscriptionTo(
      phase('pro', { state: 'trial', seats: 3 }),
      phase('pro', { from: november(11), seats: 3 }),
    )
    const events = [
      tokens('a', 500_000_000, 0, { time: '05T00:00:00' }),
      tokens('a', 20_000_000, 0, { time: '12T00:00:00' }),
    ]
    expect(lines(['pro'], subscription, events)).toEqual({
      'fee base of pro': 13.333333333,
      'fee seats of pro': 30,
      'usage tokens of pro': 30,
      total: 73.333333333,
    })
    const onTrial = subscriptionTo(phase('enterprise', { state: 'trial' }))
    expect(lines(['enterprise'], onTrial, [tokens('a', 5_000_000, 0, { workflow: 'x' })])).toEqual({
      'usage tokens of enterprise': 0,
      total: 0,
    })
    const trialFirst = subscriptionTo(phase('hybrid', { state: 'trial' }), phase('hybrid', { from: november(2) }))
    expect(lines(['hybrid'], trialFirst)).toEqual({ total: 0 })
  })

  it('B-2 paused for 5 days: no fee for them, what is used all the same is priced', () => {
    const subscription = subscriptionTo(
      phase('pro'),
      phase('pro', { state: 'paused', from: november(16) }),
      phase('pro', { from: november(21) }),
    )
    expect(lines(['pro'], subscription, [tokens('a', 20_000_000, 0, { time: '17T00:00:00' })])).toEqual({
      'fee base of pro': 16.666666667,
      'fee seats of pro': 12.5,
      'usage tokens of pro': 30,
      total: 59.166666667,
    })
  })

  it('B-2 what is committed to by days is halved by half a month of pause, and a paused month commits to nothing', () => {
    const half = subscriptionTo(phase('enterprise'), phase('enterprise', { state: 'paused', from: november(16) }))
    expect(lines(['enterprise'], half)).toEqual({
      'minimum tokens of enterprise': 150,
      'commitment commitment of enterprise': 350,
      total: 500,
    })
    expect(lines(['enterprise'], subscriptionTo(phase('enterprise', { state: 'paused' })))).toEqual({ total: 0 })
  })

  it('B-2 an end inside of the period: the days before it', () => {
    const subscription = { ...subscriptionTo(phase('pro')), ends_at: november(11) }
    const bill = billOf({ plans: plansOf('pro'), subscription, at: november(10) })
    expect(dollars(bill)).toEqual({ 'fee base of pro': 6.666666667, 'fee seats of pro': 5, total: 11.666666667 })
  })
})

describe('the bill of a period on terms of its own', () => {
  const own: Subscription['phases'][number]['overrides'] = {
    fees: [{ id: 'base', per: 'workspace', price: { model: 'flat', amount: '12', due: 'in_arrears' } }],
    charges: [
      {
        ...examplePlan('pro').charges[0]!,
        quantity: undefined,
        amount: undefined,
        price: { model: 'per_unit', rate: '1', per: '1000000' },
      },
    ],
  }
  const support: PlanContent = {
    id: 'support',
    name: 'Support',
    kind: 'add_on',
    currency: 'USD',
    fees: [{ id: 'desk', per: 'seat', price: { model: 'flat', amount: '5', due: 'in_advance' } }],
    charges: [
      {
        id: 'images',
        meters: ['images'],
        price: { model: 'per_unit', rate: '0.10', per: '1' },
        amount: { min: { amount: '2' } },
      },
    ],
    commitment: { amount: '30' },
  }
  const addOns = [{ plan: 'support', version: null }]

  it('B-2 its own fee and price stand in for those of the plan', () => {
    const subscription = subscriptionTo(phase('pro', { seats: 2, overrides: own }))
    expect(lines(['pro'], subscription, [tokens('a', 7_000_000, 0)])).toEqual({
      'fee base of pro': 12,
      'fee seats of pro': 30,
      'usage tokens of pro': 7,
      total: 49,
    })
  })

  it('B-1 an add-on has fees, a minimum and a commitment of its own, which counts what the add-on comes to', () => {
    const subscription = subscriptionTo(phase('pro', { seats: 4, add_ons: addOns }))
    const bill = billOf({
      plans: [...plansOf('pro'), published(support)],
      subscription,
      events: [usageOf({ images: '5' })],
    })
    // 4 × $5 and $2 at least for images: $22 of $30.
    expect(dollars(bill)).toEqual({
      'fee base of pro': 20,
      'fee seats of pro': 60,
      'fee desk of support': 20,
      'usage images of support': 0.5,
      'minimum images of support': 1.5,
      'commitment commitment of support': 8,
      total: 110,
    })
  })

  it('B-2 an override may name a charge or a fee of an add-on: events and bill go by it', () => {
    const overrides = {
      charges: [
        { ...support.charges[0]!, amount: undefined, price: { model: 'per_unit' as const, rate: '0.50', per: '1' } },
      ],
      fees: [{ ...support.fees[0]!, price: { model: 'flat' as const, amount: '7.50', due: 'in_advance' as const } }],
    }
    const subscription = subscriptionTo(phase('pro', { add_ons: addOns, overrides }))
    const plans = [...plansOf('pro'), published(support)]
    expect(dollars(billOf({ plans, subscription, events: [usageOf({ images: '100' })] }))).toMatchObject({
      'fee desk of support': 7.5,
      'usage images of support': 50,
      'commitment commitment of support': 0,
    })
  })

  it('B-1 a first flat amount of every period is owed without usage; of each agent, by those who used it', () => {
    const flat = { model: 'graduated' as const, per: '1', first_flat: 'every_period' as const }
    const tiers = (amount: string) => [{ up_to: null, rate: '1', flat_amount: amount }]
    const plan: PlanContent = {
      ...examplePlan('free'),
      charges: [
        { id: 'images', meters: ['images'], price: { ...flat, tiers: tiers('10') } },
        { id: 'gpus', meters: ['gpu_seconds'], scope: 'agent', price: { ...flat, tiers: tiers('3') } },
      ],
    }
    const events = ['a', 'b', 'a'].map((agent_id) => usageOf({ gpu_seconds: '1' }, { attributes: { agent_id } }))
    const bill = billOf({ plans: [published(plan)], subscription: subscriptionTo(phase('free')), events })
    expect(dollars(bill)).toEqual({
      'fee images of free': 10,
      'usage gpus of free': 3,
      'fee gpus of free': 6,
      total: 19,
    })
  })

  it('B-8 a newer version of a plan that is followed changes fees from the next period on', () => {
    const dearer = {
      ...examplePlan('pro'),
      fees: [{ ...examplePlan('pro').fees[0]!, price: { ...own.fees![0]!.price } }],
    }
    const plans = [published(examplePlan('pro')), published(dearer, 2, november(10))]
    expect(dollars(billOf({ plans, subscription: subscriptionTo(phase('pro')) }))).toEqual({
      'fee base of pro': 20,
      'fee seats of pro': 15,
      total: 35,
    })
  })

  it('R-4 a fee that follows from peaks, and a plan that is not published, are refused and never billed as nothing', () => {
    const price = { model: 'capacity' as const, tiers: [{ amount: '1', limits: {} }] }
    const overrides = { fees: [{ ...own.fees![0]!, price }] }
    expect(billOf({ plans: plansOf('pro'), subscription: subscriptionTo(phase('pro', { overrides })) })).toMatchObject({
      refused: { code: 'pricing.plan_invalid' },
    })
    expect(billOf({ subscription: subscriptionTo(phase('pro')) })).toMatchObject({
      refused: { code: 'pricing.no_plan' },
    })
  })

  it('B-8 without a subscription there is the usage by the price book, and nothing else', () => {
    expect(dollars(billOf({ events: [tokens('a', 2_000_000, 0), usageOf({ images: '3' })] }))).toEqual({
      'usage tokens of the book': 2,
      'usage rest of the book': 0.03,
      total: 2.03,
    })
  })
})
