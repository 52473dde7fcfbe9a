import type { BookContent, Charge, MatrixRow } from '@portitor/contracts'
import { checkBook } from './check-book.ts'
import { startMeters } from './start-meters.ts'

const row = (changes: Partial<MatrixRow> = {}): MatrixRow => ({
  provider: 'acme',
  model: 'one',
  match: { equals: 'one' },
  bands: [
    { input_over: 0, rates: { input_tokens: '1', cached_input_tokens: '0.1', output_tokens: '2', requests: '5' } },
  ],
  ...changes,
})
const matrix = (...rows: MatrixRow[]): Charge => ({
  id: 'tokens',
  meters: ['input_tokens', 'output_tokens'],
  price: { model: 'matrix', providers: [{ id: 'acme' }], rows, aliases: [] },
})
const perUnit = (meter: string, id = 'calls'): Charge => ({
  id,
  meters: [meter],
  price: { model: 'per_unit', rate: '0.01', per: '1' },
})
const graduated = (...limits: (string | null)[]): Charge => ({
  id: 'steps',
  meters: ['requests'],
  price: { model: 'graduated', per: '1', tiers: limits.map((up_to) => ({ up_to, rate: '1' })) },
})
const book = (...charges: Charge[]): BookContent => ({
  currency: 'USD',
  effective_from: '2026-01-01T00:00:00.000Z',
  effective_to: null,
  source: 'a test',
  source_date: '2026-01-01T00:00:00.000Z',
  charges,
})
const check = (content: BookContent, currency: string | undefined = 'USD') =>
  checkBook('price', content, { meters: startMeters, currency })

describe('the check of a draft', () => {
  it('R-4 accepts a book of every charge model', () => {
    expect(check(book(matrix(row()), perUnit('requests'), perUnit('outcome:meeting_booked', 'meetings')))).toEqual([])
    expect(check(book(graduated('10', '20.5', null)))).toEqual([])
  })

  it.each<[string, BookContent, string]>([
    ['a charge id that stands twice', book(perUnit('requests'), perUnit('images')), 'content.charges[1].id'],
    ['an unknown meter', book(perUnit('reqests')), 'content.charges[0].meters[0]'],
    [
      'a kind that no event has',
      book(matrix(row({ bands: [{ input_over: 0, rates: { imput_tokens: '1' } }] }))),
      'content.charges[0].price.rows[0].bands[0].rates.imput_tokens',
    ],
    ['tiers that do not ascend', book(graduated('20', '10', null)), 'content.charges[0].price.tiers[1].up_to'],
    ['tiers that stop', book(graduated('10', '20')), 'content.charges[0].price.tiers[1].up_to'],
    ['an open tier before the last', book(graduated(null, null)), 'content.charges[0].price.tiers[0].up_to'],
    [
      'bands that do not begin at 0',
      book(matrix(row({ bands: [{ input_over: 1, rates: { input_tokens: '1' } }] }))),
      'content.charges[0].price.rows[0].bands[0].input_over',
    ],
    [
      'bands that do not ascend',
      book(matrix(row({ bands: [0, 5, 5].map((input_over) => ({ input_over, rates: { input_tokens: '1' } })) }))),
      'content.charges[0].price.rows[0].bands[2].input_over',
    ],
    ['tiers that overlap', book(graduated('10', '10', null)), 'content.charges[0].price.tiers[1].up_to'],
    [
      'a negative rate',
      book({ ...perUnit('requests'), price: { model: 'per_unit', rate: '-0.01', per: '1' } }),
      'content.charges[0].price.rate',
    ],
    [
      'a rate of which one unit owes more than 2⁶³ nano-units',
      book({ ...perUnit('requests'), price: { model: 'per_unit', rate: '9223372037', per: '1' } }),
      'content.charges[0].price.rate',
    ],
    [
      'a rate of tokens that is a slip of the point',
      book(matrix(row({ bands: [{ input_over: 0, rates: { input_tokens: '2500000000' } }] }))),
      'content.charges[0].price.rows[0].bands[0].rates.input_tokens',
    ],
    [
      'a charge in a currency of its own',
      book({ ...perUnit('requests'), currency: 'EUR' }),
      'content.charges[0].currency',
    ],
    ['a source that no database stores', { ...book(), source: 'a\0' }, 'content.source'],
    ['a row that stands twice', book(matrix(row(), row())), 'content.charges[0].price.rows[1]'],
    [
      'a pattern that does not compile',
      book(matrix(row({ match: { regex: '(' } }))),
      'content.charges[0].price.rows[0].match.regex',
    ],
    [
      'a pattern that is too long',
      book(matrix(row({ match: { regex: 'a'.repeat(257) } }))),
      'content.charges[0].price.rows[0].match.regex',
    ],
    [
      'a pattern that could run away',
      book(matrix(row({ match: { or: [{ regex: '^(a+)+$' }] } }))),
      'content.charges[0].price.rows[0].match.or[0].regex',
    ],
    ['an end before the beginning', { ...book(), effective_to: '2025-01-01T00:00:00.000Z' }, 'content.effective_to'],
  ])('R-4 refuses %s and names the field', (_, content, field) => {
    expect(check(content)).toEqual([{ field, expected: expect.stringMatching(/.{10}/) }])
  })

  it('R-4 refuses an alias that leads to no row', () => {
    const charge = matrix(row())
    const price = {
      ...charge.price,
      aliases: [{ model: 'uno', as: { provider: 'acme', model: 'two' } }],
    } as Charge['price']
    expect(check(book({ ...charge, price }))).toMatchObject([{ field: 'content.charges[0].price.aliases[0].as' }])
  })

  it('R-4 refuses aliases that run in a circle', () => {
    const charge = matrix(row({ model: 'a', match: { equals: 'a' } }), row({ model: 'b', match: { equals: 'b' } }))
    const alias = (model: string, as: string) => ({ model, as: { provider: 'acme', model: as } })
    const price = { ...charge.price, aliases: [alias('a', 'b'), alias('b', 'a')] } as Charge['price']
    expect(check(book({ ...charge, price }))).toEqual([
      { field: 'content.charges[0].price.aliases[0].as', expected: expect.stringContaining('a → b → a') },
    ])
  })

  it('R-4 takes the largest rates there are: a request may cost more than any token', () => {
    const rates = { input_tokens: '999999999.999', requests: '5000000000' }
    expect(check(book(matrix(row({ bands: [{ input_over: 0, rates }] }))))).toEqual([])
  })

  it('R-4 refuses another currency than that of the published books, and takes any before there are some', () => {
    expect(check({ ...book(), currency: 'EUR' })).toMatchObject([{ field: 'content.currency' }])
    expect(checkBook('price', { ...book(), currency: 'EUR' }, { meters: [], currency: undefined })).toEqual([])
  })

  it('R-4 reports at most 20 problems', () => {
    expect(check(book(...Array.from({ length: 50 }, (_, index) => perUnit('nothing', `c${index}`))))).toHaveLength(20)
  })
})
