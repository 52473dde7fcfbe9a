import fc from 'fast-check'
import { diffPlans } from './diff-plans.ts'
import { planFixture as plan, tokensCharge } from './plan.fixture.ts'

const calls = { ...tokensCharge, id: 'calls', meters: ['requests'] }

describe('what changes from one version of a plan to another', () => {
  it('R-4 nothing, where both say the same', () => {
    expect(diffPlans(plan(), plan())).toEqual([])
  })

  it('R-4 every rate, fee, rule and flag by its path', () => {
    const later = plan({
      name: 'Starter 2',
      fees: [{ id: 'base', per: 'workspace', price: { model: 'flat', amount: '25', due: 'in_advance' } }],
      charges: [{ ...tokensCharge, price: { model: 'per_unit', rate: '2.5', per: '1000000' } }],
      features: { sso: true },
    })
    expect(diffPlans(plan(), later)).toEqual([
      { change: 'changed', what: 'name', before: 'Starter', after: 'Starter 2' },
      { change: 'changed', what: 'fees[base].price.amount', before: '20', after: '25' },
      { change: 'changed', what: 'charges[tokens].price.rate', before: '3', after: '2.5' },
      { change: 'added', what: 'features.sso', before: null, after: 'true' },
    ])
  })

  it('R-4 a charge in front of another moves none, but their order is told, as the first takes the meter', () => {
    const changes = diffPlans(plan(), plan({ charges: [calls, tokensCharge] }))
    expect(changes[0]).toEqual({ change: 'added', what: 'charges: order', before: null, after: 'calls, tokens' })
    expect(changes.slice(1).every(({ what, change }) => change === 'added' && what.startsWith('charges[calls]'))).toBe(
      true,
    )
    const swapped = diffPlans(plan({ charges: [calls, tokensCharge] }), plan({ charges: [tokensCharge, calls] }))
    expect(swapped).toEqual([
      { change: 'changed', what: 'charges: order', before: 'calls, tokens', after: 'tokens, calls' },
    ])
  })

  it('R-4 the way back says the same, the other way round', () => {
    const rate = fc.integer({ min: 0, max: 9 }).map(String)
    const plans = fc.tuple(rate, rate, fc.boolean()).map(([fee, unit, both]) =>
      plan({
        fees: [{ id: 'base', per: 'seat', price: { model: 'flat', amount: fee, due: 'in_arrears' } }],
        charges: [{ ...tokensCharge, price: { model: 'per_unit', rate: unit, per: '1' } }, ...(both ? [calls] : [])],
      }),
    )
    fc.assert(
      fc.property(plans, plans, (from, to) => {
        const there = diffPlans(from, to).map(({ what, before, after }) => [what, before, after].join('|'))
        const back = diffPlans(to, from).map(({ what, before, after }) => [what, after, before].join('|'))
        expect(there.toSorted()).toEqual(back.toSorted())
        expect(there.length === 0).toBe(JSON.stringify(from) === JSON.stringify(to))
      }),
      { numRuns: 1_000 },
    )
  })
})
