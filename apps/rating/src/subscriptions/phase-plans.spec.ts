import type { PlanContent } from '@portitor/contracts'
import { examplePlan, phase, published } from '../rater/pricing-context.fixture.ts'
import { choosePlans, compilePhase } from './phase-plans.ts'

const support: PlanContent = {
  id: 'support',
  name: 'Support',
  kind: 'add_on',
  currency: 'USD',
  fees: [{ id: 'desk', per: 'seat', price: { model: 'flat', amount: '5', due: 'in_advance' } }],
  charges: [{ id: 'images', meters: ['images'], price: { model: 'per_unit', rate: '0.10', per: '1' } }],
}
const [images] = support.charges
const own = { ...images!, price: { model: 'per_unit' as const, rate: '0.50', per: '1' } }
const chosen = [published(examplePlan('pro')), published(support)] as const

describe('the plans of a phase', () => {
  it('B-2 an override holds where its id stands, in the plan or in an add-on, and nowhere else', () => {
    const made = compilePhase(chosen, phase('pro', { overrides: { charges: [own] } }))
    if ('refused' in made) throw new Error(made.refused.detail)
    const [pro, addOn] = made.compiled
    expect(addOn!.plan.charges).toEqual([own])
    expect(addOn!.book.charges[0]!.origin.terms).toMatch(/^[0-9a-f]{16}$/)
    expect(pro.plan).toEqual({ ...examplePlan('pro') })
    expect(pro.book.charges[0]!.origin.terms).toBe('')
  })

  it('R-4 an override of what neither has is refused, and so is a version that is not published', () => {
    const overrides = { charges: [{ ...own, id: 'videos' }] }
    expect(compilePhase(chosen, phase('pro', { overrides }))).toMatchObject({
      refused: { code: 'pricing.plan_invalid', detail: expect.stringContaining('no videos') as unknown },
    })
    const plans = Map.groupBy([chosen[0]], ({ plan }) => plan)
    const code = (changed: Parameters<typeof phase>[1]) => {
      const found = choosePlans(phase('pro', changed), 0, { plans })
      return 'refused' in found ? found.refused.code : found.chosen.map(({ version }) => version)
    }
    expect(code({})).toEqual([1])
    expect(code({ version: 2 })).toBe('pricing.no_plan')
    expect(code({ add_ons: [{ plan: 'support', version: null }] })).toBe('pricing.no_plan')
  })
})
