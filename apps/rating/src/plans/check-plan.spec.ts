import { readdirSync, readFileSync } from 'node:fs'
import { type Charge, type PlanContent, planSchema } from '@portitor/contracts'
import { startMeters } from '../catalog/start-meters.ts'
import { checkPlan } from './check-plan.ts'
import { planFixture as plan, tokensCharge } from './plan.fixture.ts'

const known = { meters: startMeters, currency: 'USD', kind: undefined }
const check = (content: PlanContent) => checkPlan('starter', content, known)
const charge = (changes: Partial<Charge>): PlanContent => plan({ charges: [{ ...tokensCharge, ...changes }] })
const tiers = (...ends: (string | null)[]): PlanContent =>
  charge({ price: { model: 'graduated', per: '1', tiers: ends.map((up_to) => ({ up_to, rate: '1' })) } })
const row = (model: string) => ({
  provider: 'acme',
  model,
  match: { equals: model },
  bands: [{ input_over: 0, rates: { input_tokens: '1', output_tokens: '2' } }],
})
const alias = (model: string, as: string) => ({ model, as: { provider: 'acme', model: as } })
const matrix = (changes: object): PlanContent =>
  plan({
    charges: [
      {
        id: 'tokens',
        meters: ['input_tokens', 'output_tokens'],
        price: { model: 'matrix', providers: [{ id: 'acme' }], rows: [row('a'), row('b')], aliases: [], ...changes },
      },
    ],
  })
const folder = new URL('../../../../examples/plans/', import.meta.url)
const examples = readdirSync(folder).filter((file) => file.endsWith('.json'))

describe('the check of a plan', () => {
  it.each(examples)('B-1 takes the example %s', (file) => {
    const content = planSchema.parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
    expect(checkPlan(content.id, content, known)).toEqual([])
  })

  it('B-1 takes an add-on, features, and limits by meters', () => {
    const more = {
      kind: 'add_on',
      features: { sso: true },
      limits: { input_tokens: '5000', 'outcome:won': '1' },
    } as const
    expect(check(plan(more))).toEqual([])
  })

  it.each<[what: string, content: PlanContent, field: string, expected: RegExp]>([
    ['tiers out of order', tiers('20', '10', null), 'charges[0].price.tiers[1].up_to', /ascend/],
    ['tiers that overlap', tiers('10', '10', null), 'charges[0].price.tiers[1].up_to', /ascend/],
    ['a gap above the last tier', tiers('10', '20'), 'charges[0].price.tiers[1].up_to', /last tier/],
    [
      'a negative rate',
      charge({ price: { model: 'per_unit', rate: '-3', per: '1' } }),
      'charges[0].price.rate',
      /decimal text/,
    ],
    [
      'a rate beyond 2⁶³ nano-units',
      charge({ price: { model: 'per_unit', rate: '9223372037', per: '1' } }),
      'charges[0].price.rate',
      /2⁶³/,
    ],
    [
      'a fee beyond 2⁶³ nano-units',
      plan({ fees: [{ id: 'base', per: 'seat', price: { model: 'flat', amount: '9999999999', due: 'in_arrears' } }] }),
      'fees[0].price.amount',
      /2⁶³/,
    ],
    [
      'a fee that follows from peaks',
      plan({
        fees: [
          {
            id: 'size',
            per: 'workspace',
            price: { model: 'capacity', tiers: [{ amount: '1', limits: { images: null } }] },
          },
        ],
      }),
      'fees[0].price.model',
      /peaks .* not kept/,
    ],
    ['a commitment beyond 2⁶³', plan({ commitment: { amount: '9999999999' } }), 'commitment.amount', /2⁶³/],
    [
      'a rate of a slipped point',
      matrix({ rows: [{ ...row('a'), bands: [{ input_over: 0, rates: { input_tokens: '2500000000' } }] }] }),
      'charges[0].price.rows[0].bands[0].rates.input_tokens',
      /slip of the point/,
    ],
    ['another currency than is published', plan({ currency: 'EUR' }), 'currency', /USD/],
    ['a charge in a currency of its own', charge({ currency: 'EUR' }), 'charges[0].currency', /one currency/],
    ['a meter that nobody has', charge({ meters: ['tokns'] }), 'charges[0].meters[0]', /meter that exists/],
    ['a limit on no meter', plan({ limits: { tokns: '5' } }), 'limits.tokns', /meter that exists/],
    [
      'aliases in a circle',
      matrix({ aliases: [alias('a', 'b'), alias('b', 'a')] }),
      'charges[0].price.aliases[0].as',
      /circle: a → b → a/,
    ],
    ['an alias of nothing', matrix({ aliases: [alias('c', 'd')] }), 'charges[0].price.aliases[0].as', /no row/],
    [
      'bands that overlap',
      matrix({ rows: [{ ...row('a'), bands: [0, 5, 5].map((input_over) => ({ input_over, rates: {} })) }] }),
      'charges[0].price.rows[0].bands[2].input_over',
      /ascend/,
    ],
    [
      'an allowance by agent in one total',
      charge({ quantity: { free: { units: '5', per: 'agent' } } }),
      'charges[0].quantity.free.per',
      /how many agents were active/,
    ],
    ['the id of another plan', plan({ id: 'other' }), 'id', /starter/],
    ['no name', plan({ name: ' ' }), 'name', /a name/],
    ['a name no database stores', plan({ name: 'a\0' }), 'name', /NUL/],
    ['an id twice', plan({ charges: [{ ...tokensCharge, id: 'base' }] }), 'fees[0].id', /twice/],
    ['a trial of an add-on', plan({ kind: 'add_on', trial_days: 5 }), 'trial_days', /the plan/],
    ['an add-on that lets books price', plan({ kind: 'add_on', otherwise: 'price_book' }), 'otherwise', /the plan/],
  ])('R-4 B-1 refuses %s and names the field', (_, content, field, expected) => {
    expect(check(content)).toEqual([{ field: `content.${field}`, expected: expect.stringMatching(expected) }])
  })

  it('B-1 lets a plan be no add-on in another version', () => {
    const was = { ...known, kind: 'plan' as const }
    expect(checkPlan('starter', plan({ kind: 'add_on' }), was)).toMatchObject([{ field: 'content.kind' }])
    expect(checkPlan('starter', plan(), was)).toEqual([])
  })

  it('R-4 takes any currency before anything is published, and reports at most 20 problems', () => {
    const euros = plan({ currency: 'EUR' })
    expect(checkPlan('starter', euros, { ...known, currency: undefined })).toEqual([])
    const many = Array.from({ length: 50 }, (_, index) => ({ ...tokensCharge, id: `c${index}`, meters: ['nothing'] }))
    expect(check(plan({ charges: many }))).toHaveLength(20)
  })
})
