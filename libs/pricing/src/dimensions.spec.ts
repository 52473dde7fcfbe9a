import { oneUnit } from '@portitor/money'
import type { Charge } from './charge.ts'
import { compileBook } from './compile-book.ts'
import { content, exampleMatrix, priceBook, tokensCharge, usage } from './example-book.fixture.ts'
import { chargesFor } from './match-charge.ts'
import { rateUses } from './rate-uses.ts'
import { freshCounter } from './telescope.ts'
import type { Usage } from './usage.ts'

const [row] = exampleMatrix.rows
const rated = (input: string) => [{ input_over: 0, rates: { input_tokens: input } }]
const rows = [
  row!,
  { ...row!, dimensions: { service_class: 'batch' }, bands: rated('1') },
  { ...row!, dimensions: { service_class: 'batch', region: 'eu' }, bands: rated('1.5') },
]
const of = (attributes: Record<string, string>): Usage => ({
  ...usage({ input_tokens: 1_000_000 }, 'gpt-4o'),
  attributes,
})
const owed = (charge: Charge, used: Usage): [string, bigint][] | string => {
  const book = priceBook(charge)
  const charged = chargesFor(book, used)
  if ('refused' in charged) return charged.refused.code
  return rateUses(book, charged.uses, () => freshCounter).map(({ group, amount }) => [group, amount])
}

describe('dimensions beside models, kinds and bands', () => {
  const charge = { ...tokensCharge, price: { ...exampleMatrix, rows } }
  it.each([
    [{}, 'openai/gpt-4o@0', 2_500_000_000n],
    [{ region: 'us' }, 'openai/gpt-4o@0', 2_500_000_000n],
    [{ service_class: 'batch' }, 'openai/gpt-4o;service_class=batch@0', 1_000_000_000n],
    [{ service_class: 'batch', region: 'eu' }, 'openai/gpt-4o;region=eu;service_class=batch@0', 1_500_000_000n],
  ])('R-3 %j is priced by the row that asks for most of it, a segment of its own', (attributes, group, amount) => {
    expect(owed(charge, of(attributes))).toEqual([[group, amount]])
  })

  it('R-4 an event without the dimensions that every row asks for is refused, not priced by another', () => {
    const only = { ...tokensCharge, price: { ...exampleMatrix, rows: rows.slice(1), aliases: [] } }
    expect(owed(only, of({ service_class: 'flex' }))).toBe('pricing.no_rate')
  })

  it('R-3 a discount goes into every rate of a matrix, and so does what a credit is worth', () => {
    expect(owed({ ...charge, amount: { discount_percent: '10' } }, of({}))).toEqual([
      ['openai/gpt-4o@0', 2_250_000_000n],
    ])
    const book = compileBook(
      'price',
      1,
      content([{ ...charge, currency: 'orb' }], { credits: [{ id: 'orb', rate: '0.2' }] }),
    )
    const charged = chargesFor(book, of({}))
    if ('refused' in charged) throw new Error(charged.refused.detail)
    expect(rateUses(book, charged.uses, () => freshCounter)[0]!.amount).toBe(500_000_000n)
  })
})

describe('meters that count together', () => {
  const together: Charge = {
    id: 'tokens',
    meters: ['input_tokens', 'output_tokens'],
    together: true,
    quantity: { free: { units: '1000', per: 'workspace' } },
    price: { model: 'per_unit', rate: '2', per: '1' },
  }
  it('R-3 one allowance covers input and output, and one segment counts both', () => {
    const used = usage({ input_tokens: 900, output_tokens: 300, cached_input_tokens: 500 })
    expect(owed(together, used)).toEqual([['input_tokens+output_tokens', 400n * oneUnit]])
  })

  it('M-12 each total is one segment where they do not', () => {
    const { together: _, ...apart } = together
    expect(owed(apart, usage({ input_tokens: 1_001, output_tokens: 300 }))).toEqual([
      ['input_tokens', 2n * oneUnit],
      ['output_tokens', 0n],
    ])
  })
})
