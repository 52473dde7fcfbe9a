import { oneUnit, sum } from '@portitor/money'
import fc from 'fast-check'
import { compileModel, evaluate } from './evaluate.ts'
import { anyGraduated, anyQuantity, priceBook, tokensCharge, usage } from './example-book.fixture.ts'
import { estimate } from './estimate.ts'
import { explain, priceOf, type StoredStep } from './explain.ts'

const name = {
  side: 'price',
  charge: 'storage',
  version: 2,
  group: 'storage_gb_hours',
  cell: 'storage_gb_hours',
} as const
const tiers = [
  { up_to: '1000', rate: '1' },
  { up_to: '5000', rate: '0.50', flat_amount: '7' },
  { up_to: null, rate: '0.10' },
]

describe('the explanation', () => {
  it('R-11 says every cent of a token event in words and numbers', () => {
    const event = usage({ input_tokens: 250_000, cached_input_tokens: 50_000, output_tokens: 1000 }, 'gemini-2.5-pro')
    const estimated = estimate({ price: priceBook(tokensCharge) }, event)
    if (!('steps' in estimated)) throw new Error(estimated.refused.detail)
    const explained = explain(
      estimated.steps.map((step) => ({ ...step, price: priceOf(step.model) })),
      'USD',
    )
    expect(explained.lines.map((line) => line.text)).toEqual([
      '200,000 input_tokens of google/gemini-2.5-pro (input over 200,000 tokens) at $2.5 per 1,000,000: the total goes from 0 ($0.00) to 200,000 ($0.50), owed $0.50. Charge tokens, price book version 1.',
      '50,000 cached_input_tokens of google/gemini-2.5-pro (input over 200,000 tokens) at $0.625 per 1,000,000: the total goes from 0 ($0.00) to 50,000 ($0.03125), owed $0.03125. Charge tokens, price book version 1.',
      '1,000 output_tokens of google/gemini-2.5-pro (input over 200,000 tokens) at $15 per 1,000,000: the total goes from 0 ($0.00) to 1,000 ($0.015), owed $0.015. Charge tokens, price book version 1.',
      '1 requests of google/gemini-2.5-pro (input over 200,000 tokens) at $35,000 per 1,000,000: the total goes from 0 ($0.00) to 1 ($0.035), owed $0.035. Charge tokens, price book version 1.',
    ])
    expect(explained).toMatchObject({ price: 581_250_000n, cost: 0n, contradictions: [] })
  })

  it('R-11 names the tier of every part of a step, and its flat amount', () => {
    const model = compileModel({ model: 'graduated', per: '1000', tiers })
    const [q0, q1] = [800n * oneUnit, 6000n * oneUnit]
    const step = { ...name, q0, q1, amount: evaluate(model, q1) - evaluate(model, q0), price: priceOf(model) }
    expect(explain([step], 'USD').lines.map((line) => line.text)).toEqual([
      '200 storage_gb_hours at $1 per 1,000, tier 1 (up to 1,000): the total goes from 800 ($0.80) to 1,000 ($1.00), owed $0.20. Charge storage, price book version 2.',
      '4,000 storage_gb_hours at $0.50 per 1,000, tier 2 (above 1,000 up to 5,000) plus $7 on entering it: the total goes from 1,000 ($1.00) to 5,000 ($10.00), owed $9.00. Charge storage, price book version 2.',
      '1,000 storage_gb_hours at $0.10 per 1,000, tier 3 (above 5,000): the total goes from 5,000 ($10.00) to 6,000 ($10.10), owed $0.10. Charge storage, price book version 2.',
    ])
  })

  it('R-11 the lines of a step sum to its amount and join end to end, forward and backward, below zero too', () => {
    const signed = fc.oneof(
      anyQuantity,
      anyQuantity.map((quantity) => -quantity),
    )
    fc.assert(
      fc.property(anyGraduated, signed, signed, (price, q0, q1) => {
        const model = compileModel(price)
        const amount = evaluate(model, q1) - evaluate(model, q0)
        const explained = explain([{ ...name, q0, q1, amount, price: priceOf(model) }], 'USD')
        expect(explained.contradictions).toEqual([])
        expect(sum(explained.lines.map((line) => line.amount))).toBe(amount)
        expect([q0, ...explained.lines.map((line) => line.q1)]).toEqual([...explained.lines.map((line) => line.q0), q1])
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-11 says so when a recorded amount is not what its rate gives', () => {
    const price = { model: 'per_unit', rate: '2', per: '1' } as const
    const step: StoredStep = { ...name, q0: 0n, q1: oneUnit, amount: 1_000_000_000n, price }
    expect(explain([step], 'USD').contradictions).toEqual([
      'price storage storage_gb_hours storage_gb_hours: recorded $1.00, its rate gives $2.00',
    ])
  })

  it('R-11 the price kept beside a step evaluates as it did', () => {
    fc.assert(
      fc.property(anyGraduated, anyQuantity, (price, quantity) => {
        const model = compileModel(price)
        const stored = JSON.parse(JSON.stringify(priceOf(model))) as typeof price
        expect(evaluate(compileModel(stored), quantity)).toBe(evaluate(model, quantity))
      }),
      { numRuns: 1_000 },
    )
  })
})
