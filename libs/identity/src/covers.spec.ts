import { resourceScopes } from '@portitor/contracts'
import fc from 'fast-check'
import { covers, coversAll } from './covers.ts'

const scope = fc.oneof(
  fc.constantFrom(...resourceScopes),
  fc.constantFrom('invoke:*', 'invoke:model:*', 'invoke:model:gpt-4o', 'invoke:workflow:triage', 'mcp:*', 'mcp:tool:x'),
)

describe('scopes', () => {
  it.each([
    [['ledger:read'], 'ledger:read', true],
    [['ledger:read'], 'ledger:write', false],
    [['ledger:write'], 'ledger:read', false],
    [['invoke:*'], 'invoke:model:gpt-4o', true],
    [['invoke:*'], 'invoke:model:*', true],
    [['invoke:model:*'], 'invoke:model:gpt-4o', true],
    [['invoke:model:*'], 'invoke:workflow:triage', false],
    [['invoke:model:gpt-4o'], 'invoke:model:gpt-4o-mini', false],
    [['invoke:model:gpt-4o'], 'invoke:model:*', false],
    [['invoke:*'], 'mcp:tool:search', false],
    [[], 'usage:read', false],
  ])('I-1 %j allow %s: %s', (held, wanted, expected) => {
    expect(covers(held, wanted)).toBe(expected)
  })

  it('I-1 handing on is transitive: who gets a part of a part has no more than the first', () => {
    fc.assert(
      fc.property(fc.array(scope), fc.array(scope), fc.array(scope), (first, second, third) => {
        fc.pre(coversAll(first, second) && coversAll(second, third))
        expect(coversAll(first, third)).toBe(true)
      }),
    )
  })
})
