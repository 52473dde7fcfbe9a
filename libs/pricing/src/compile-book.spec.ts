import { quantityOfInteger } from '@portitor/money'
import fc from 'fast-check'
import { BookInvalid, type MatrixPrice } from './charge.ts'
import { compileBook, findModel, inForce } from './compile-book.ts'
import { content, exampleMatrix, priceBook, tokensCharge } from './example-book.fixture.ts'
import { bandOf, findRow } from './find-row.ts'
import { compileMatrix } from './matrix.ts'

const matrixWith = (changed: Partial<MatrixPrice>) => ({ ...tokensCharge, price: { ...exampleMatrix, ...changed } })
const at = (month: string): string => `2026-${month}-01T00:00:00.000Z`

describe('the book in force', () => {
  const books = [
    compileBook('price', 1, content([])),
    compileBook('price', 2, content([], { effective_from: at('03') })),
    compileBook('price', 3, content([], { effective_from: at('05'), effective_to: at('06') })),
  ]
  it.each([
    ['1999-12-31T23:59:59.999Z', undefined],
    ['2000-01-01T00:00:00.000Z', 1],
    ['2026-02-28T23:59:59.999Z', 1],
    ['2026-03-01T00:00:00.000Z', 2],
    ['2026-05-01T00:00:00.000Z', 3],
    ['2026-06-01T00:00:00.000Z', 2],
  ])('R-4 at %s is version %p: the highest whose [from, to) holds the time of the event', (time, version) => {
    expect(inForce(books, Date.parse(time))?.version).toBe(version)
    expect(inForce(books.toReversed(), Date.parse(time))?.version).toBe(version)
  })
})

describe('finding a model', () => {
  const book = priceBook(tokensCharge)
  it.each([
    ['openai', 'gpt-4o', 'openai/gpt-4o'],
    ['OpenAI', 'GPT-4o-2024-08-06', 'openai/gpt-4o'],
    ['api.openai.com', 'gpt-4o', 'openai/gpt-4o'],
    [undefined, 'gpt-4o', 'openai/gpt-4o'],
    ['', 'gpt-4o', 'openai/gpt-4o'],
    [undefined, 'gemini-2.5-pro-preview', 'google/gemini-2.5-pro'],
    [undefined, 'our-best', 'openai/gpt-4o'],
    ['google', 'our-best', 'openai/gpt-4o'],
    ['google', 'gpt-4o', undefined],
    ['mistral', 'gpt-4o', undefined],
    [undefined, 'text-embedding-3-small', undefined],
    [undefined, 'gpt-4o-mini', undefined],
    ['openai', 'x'.repeat(257), undefined],
  ])('R-4 provider %p and model %s: %p', (provider, model, expected) => {
    const found = findModel(book, provider, model)
    expect(found && `${found.provider}/${found.model}`).toBe(expected)
  })

  it('R-4 an alias may hold for one provider only, and stands before rows', () => {
    const aliases = [
      { provider: 'OpenAI', model: 'gemini-2.5-pro', as: { provider: 'openai', model: 'gpt-4o' } },
      { provider: 'google', model: 'gpt-4o', as: { provider: 'google', model: 'gemini-2.5-pro' } },
    ]
    const aliased = priceBook(matrixWith({ aliases }))
    expect(findModel(aliased, 'https://api.openai.com', 'gemini-2.5-pro')?.model).toBe('gpt-4o')
    expect(findModel(aliased, 'google', 'gpt-4o')?.model).toBe('gemini-2.5-pro')
    expect(findModel(aliased, undefined, 'gemini-2.5-pro')?.model).toBe('gemini-2.5-pro')
  })

  it('R-4 the fallback prices what nobody knows, but not a name that is too long', () => {
    const book = priceBook(matrixWith({ fallback: { provider: 'google', model: 'gemini-2.5-pro' } }))
    expect(findModel(book, 'acme', 'secret-1')).toEqual({ provider: 'google', model: 'gemini-2.5-pro' })
    expect(findModel(book, 'acme', 'x'.repeat(257))).toBeUndefined()
  })

  it('R-4 names that share their letters do not share a price', () => {
    expect(findModel(book, 'openai', 'gpt-4o')?.model).toBe('gpt-4o')
    expect(findModel(book, 'openaig', 'pt-4o')).toBeUndefined()
    expect(findModel(book, undefined, '6:openaigpt-4o')).toBeUndefined()
    expect(findModel(book, 'openai', 'gpt-4o')?.model).toBe('gpt-4o')
  })

  it('R-4 unknown names never make it grow without bound', () => {
    const matrix = compileMatrix(exampleMatrix, 'price')
    for (let index = 0; index < 25_000; index++) findRow(matrix, undefined, `unknown-${index}`)
    expect(matrix.memo.size).toBeLessThanOrEqual(10_000)
  })
})

describe('context bands', () => {
  it('R-5 the band is the highest that the whole input exceeds, strictly', () => {
    const bounds = fc
      .uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 6 })
      .map((list) => [0, ...list.sort((a, b) => a - b)])
    fc.assert(
      fc.property(bounds, fc.nat(1001), (overs, input) => {
        const bands = overs.map((input_over) => ({ input_over, rates: { input_tokens: '1' } }))
        const rows = [{ provider: 'p', model: 'm', match: { equals: 'm' }, bands }]
        const row = findRow(compileMatrix({ model: 'matrix', providers: [], rows, aliases: [] }, 'price'), 'p', 'm')!
        const expected = overs.filter((over) => over < input).at(-1) ?? 0
        expect(bandOf(row.variants[0]!, quantityOfInteger(input)).group).toBe(`p/m@${expected}`)
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-5 a kind that a band does not list keeps the rate of the band below', () => {
    const row = findRow(compileMatrix(exampleMatrix, 'price'), 'google', 'gemini-2.5-pro')!
    const high = bandOf(row.variants[0]!, quantityOfInteger(300_000))
    expect([high.rates.get('input_tokens')?.rate, high.rates.get('requests')?.rate]).toEqual(['2.5', '35000'])
  })
})

describe('a book that contradicts itself', () => {
  const [row] = exampleMatrix.rows
  it.each([
    ['charges.0.price.rows.1', content([matrixWith({ rows: [row!, { ...row!, model: 'GPT-4o' }] })])],
    ['charges.0.price.providers.1.id', content([matrixWith({ providers: [{ id: 'a' }, { id: 'A' }] })])],
    [
      'charges.0.price.rows.0.bands.0.input_over',
      content([matrixWith({ rows: [{ ...row!, bands: [{ input_over: 1, rates: {} }] }] })]),
    ],
    [
      'charges.0.price.aliases.0.as',
      content([matrixWith({ aliases: [{ model: 'a', as: { provider: 'openai', model: 'gone' } }] })]),
    ],
    ['charges.0.price.fallback', content([matrixWith({ fallback: { provider: 'gone', model: 'gpt-4o' } })])],
    ['charges.1.id', content([tokensCharge, tokensCharge])],
    ['effective_to', content([], { effective_to: '2000-01-01T00:00:00.000Z' })],
    ['effective_from', content([], { effective_from: 'soon' })],
  ])('R-4 is refused, naming %s', (field, book) => {
    expect.assertions(2)
    try {
      compileBook('price', 1, book)
    } catch (error) {
      expect(error).toBeInstanceOf(BookInvalid)
      expect((error as BookInvalid).field).toBe(field)
    }
  })
})
