import { checkTerms, type Offer } from './check-terms.ts'
import { planOf } from './subscription-record.fixture.ts'

const pro: Offer = { plan: 'pro', kind: 'plan', content: planOf('pro') }
const support: Offer = {
  plan: 'support',
  kind: 'add_on',
  content: planOf('support', {
    fees: [{ id: 'support', per: 'workspace', price: { model: 'flat', amount: '5', due: 'in_advance' } }],
    charges: [],
  }),
}
const terms = { plan: 'pro', add_ons: [], overrides: {} }
const withSupport = { ...terms, add_ons: [{ plan: 'support', version: null }] }
const refused = (...args: Parameters<typeof checkTerms>) => {
  const refusal = checkTerms(...args)
  return refusal && [refusal.code, refusal.field]
}

describe('the terms of a subscription', () => {
  it('B-2 hold where plan and add-ons are published, and overrides stand in for what they have', () => {
    expect(refused(terms, { plan: pro, addOns: [] })).toBeUndefined()
    const [fee] = pro.content!.fees
    const [charge] = pro.content!.charges
    const overrides = { fees: [{ ...fee!, prorated: false }], charges: [charge!] }
    expect(refused({ ...withSupport, overrides }, { plan: pro, addOns: [support] })).toBeUndefined()
  })

  it('B-2 are refused where no such plan, version or add-on is published', () => {
    expect(refused(terms, { plan: undefined, addOns: [] })).toEqual(['subscription.plan_unknown', 'plan'])
    expect(refused(terms, { plan: { ...pro, content: undefined }, addOns: [] })).toEqual([
      'subscription.version_unknown',
      'plan',
    ])
    expect(refused(withSupport, { plan: pro, addOns: [undefined] })).toEqual([
      'subscription.plan_unknown',
      'add_ons[0].plan',
    ])
  })

  it('B-2 are refused where a plan is taken for an add-on, or is in another currency', () => {
    expect(refused(terms, { plan: support, addOns: [] })).toEqual(['subscription.terms_invalid', 'plan'])
    expect(refused(withSupport, { plan: pro, addOns: [pro] })).toEqual([
      'subscription.terms_invalid',
      'add_ons[0].plan',
    ])
    const euro = { ...support, content: { ...support.content!, currency: 'EUR' } }
    expect(refused(withSupport, { plan: pro, addOns: [euro] })).toEqual([
      'subscription.terms_invalid',
      'add_ons[0].plan',
    ])
  })

  it('B-2 are refused where an override names nothing, or makes a plan that cannot be billed', () => {
    const [fee] = pro.content!.fees
    const [charge] = pro.content!.charges
    const offers = { plan: pro, addOns: [] }
    expect(refused({ ...terms, overrides: { fees: [{ ...fee!, id: 'seat' }] } }, offers)).toEqual([
      'subscription.terms_invalid',
      'overrides.fees',
    ])
    const price = { model: 'capacity' as const, tiers: [{ amount: '1', limits: {} }] }
    expect(refused({ ...terms, overrides: { fees: [{ ...fee!, price }] } }, offers)).toEqual([
      'subscription.terms_invalid',
      'overrides.fees',
    ])
    const unpriced = { ...charge!, price: { model: 'per_unit', rate: '1', per: '0' } as const }
    expect(refused({ ...terms, overrides: { charges: [unpriced] } }, offers)).toEqual([
      'subscription.terms_invalid',
      'overrides',
    ])
    expect(refused({ ...terms, overrides: { charges: [{ ...charge!, id: 'other' }] } }, offers)).toEqual([
      'subscription.terms_invalid',
      'overrides.charges',
    ])
  })

  it('B-2 are refused where an add-on has a fee or charge of the same id as the plan', () => {
    const twice = { ...support, content: { ...support.content!, fees: pro.content!.fees } }
    expect(refused(withSupport, { plan: pro, addOns: [twice] })).toEqual(['subscription.terms_invalid', 'overrides'])
  })
})
