import { covers, coversAll } from '@portitor/identity'
import fc from 'fast-check'
import { effectiveLimits, intersectScopes } from './effective-limits.ts'

const names = fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')))
const scope = fc.constantFrom('ledger:read', 'keys:write', 'invoke:*', 'invoke:model:*', 'invoke:model:a', 'mcp:tool:x')
const scopes = fc.uniqueArray(scope)
const limits = fc.record({
  allowed_models: names,
  allowed_tools: names,
  allowed_workflows: names,
  scopes: fc.option(scopes),
})

describe('the limits of an agent', () => {
  it('I-6 never allow more than any of its parents allows', () => {
    fc.assert(
      fc.property(fc.array(limits, { minLength: 1, maxLength: 8 }), (chain) => {
        const effective = effectiveLimits(chain)
        for (const each of chain) {
          if (each.allowed_models !== null)
            expect(each.allowed_models).toEqual(expect.arrayContaining(effective.allowed_models!))
          if (each.scopes !== null) expect(coversAll(each.scopes, effective.scopes!)).toBe(true)
        }
      }),
    )
  })

  it('I-6 are null only where nobody in the chain is limited', () => {
    fc.assert(
      fc.property(fc.array(limits), (chain) => {
        const limited = chain.some(({ allowed_tools }) => allowed_tools !== null)
        expect(effectiveLimits(chain).allowed_tools !== null).toBe(limited)
      }),
    )
  })

  it('I-6 take nothing away that both allow', () => {
    fc.assert(
      fc.property(scopes, scopes, scope, (left, right, wanted) => {
        expect(covers(intersectScopes(left, right), wanted)).toBe(covers(left, wanted) && covers(right, wanted))
      }),
    )
  })
})
