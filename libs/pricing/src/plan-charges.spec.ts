import fc from 'fast-check'
import { anyTokenUsage, priceBook, tokensCharge, usage } from './example-book.fixture.ts'
import { chargesFor } from './match-charge.ts'

describe('plans of charges', () => {
  const book = () => priceBook(tokensCharge)

  it('R-10 an event is charged alike whatever was charged before it by the same book', () => {
    const used = book()
    fc.assert(
      fc.property(anyTokenUsage, (event) => {
        expect(chargesFor(used, event)).toEqual(chargesFor(book(), event))
      }),
    )
  })

  it('R-5 on both sides of a border between bands each event has the band of its own input', () => {
    const used = book()
    const groupOf = (input: number) => {
      const charged = chargesFor(used, usage({ input_tokens: input }, 'gemini-2.5-pro'))
      return 'uses' in charged ? charged.uses[0]!.group : charged.refused.code
    }
    const inputs = [1, 200_000, 200_001, 5, 300_000, 200_000]
    expect(inputs.map(groupOf)).toEqual([0, 0, 200_000, 0, 200_000, 0].map((over) => `google/gemini-2.5-pro@${over}`))
  })

  it('R-4 names that only together read alike make different plans', () => {
    const used = book()
    const refusedFor = (provider: string, model: string) => {
      const charged = chargesFor(used, usage({ input_tokens: 1 }, model, provider))
      return 'refused' in charged ? charged.refused.detail : 'priced'
    }
    expect(refusedFor('ab', 'c')).not.toBe(refusedFor('a', 'bc'))
    expect(refusedFor('a1:', 'b')).not.toBe(refusedFor('a', '1:b'))
  })
})
