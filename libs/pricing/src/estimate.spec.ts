import fc from 'fast-check'
import { compileBook } from './compile-book.ts'
import { estimate } from './estimate.ts'
import { evaluate } from './evaluate.ts'
import { anyTokenUsage, content, priceBook, tokensCharge, usage } from './example-book.fixture.ts'
import { chargesFor } from './match-charge.ts'
import { rateUses } from './rate-uses.ts'
import { freshCounter } from './telescope.ts'

const price = priceBook(tokensCharge)
const cost = compileBook('cost', 4, content([tokensCharge]))

describe('the estimator', () => {
  it('R-10 says what the event of the README owes: 1,000 × 2.50 + 200 × 1.25 + 300 × 10 per million', () => {
    const event = usage({ input_tokens: 1200, cached_input_tokens: 200, output_tokens: 300 }, 'gpt-4o')
    expect(estimate({ price }, event)).toMatchObject({ price: 5_750_000n, cost: 0n })
    expect(estimate({ price, cost }, event)).toMatchObject({ price: 5_750_000n, cost: 5_750_000n })
  })

  it('R-10 is the rating of a fresh segment, for every usage', () => {
    fc.assert(
      fc.property(anyTokenUsage, (event) => {
        const estimated = estimate({ price, cost }, event)
        const steps = [price, cost].flatMap((book) => {
          const charged = chargesFor(book, event)
          return 'uses' in charged ? rateUses(book, charged.uses, () => freshCounter) : []
        })
        expect(estimated).toMatchObject({ steps })
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-10 is within one nano-unit per cell of what the event owes later in its period', () => {
    fc.assert(
      fc.property(anyTokenUsage, fc.bigInt({ min: 0n, max: 10n ** 18n }), (event, quantity) => {
        const charged = chargesFor(price, event)
        if (!('uses' in charged)) throw new Error(charged.refused.detail)
        const cells = new Map(charged.uses.flatMap(({ cells }) => cells.map(({ cell, model }) => [cell, model])))
        const later = rateUses(price, charged.uses, ({ cell }) => ({
          quantity,
          amount: evaluate(cells.get(cell)!, quantity),
        }))
        const fresh = rateUses(price, charged.uses, () => freshCounter)
        for (const [index, step] of later.entries()) expect([-1n, 0n, 1n]).toContain(step.amount - fresh[index]!.amount)
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-10 refuses what rating would refuse, naming the side', () => {
    expect(estimate({ price, cost }, usage({ input_tokens: 1 }, 'gpt-99'))).toMatchObject({
      side: 'price',
      refused: { code: 'model.unknown' },
    })
    expect(estimate({ cost }, usage({ input_tokens: 1 }))).toMatchObject({
      side: 'cost',
      refused: { code: 'model.missing' },
    })
  })
})
