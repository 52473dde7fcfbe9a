import type { BookContent, Charge, MatrixRow } from '@portitor/contracts'
import { diffBooks } from './diff-books.ts'
import { priceBook } from '../imports/price-book.ts'

const row = (model: string, rates: Record<string, string>, over?: Record<string, string>): MatrixRow => ({
  provider: 'acme',
  model,
  match: { equals: model },
  bands: [{ input_over: 0, rates }, ...(over === undefined ? [] : [{ input_over: 200_000, rates: over }])],
})
const matrix = (...rows: MatrixRow[]): Charge => ({
  id: 'tokens',
  meters: ['input_tokens', 'output_tokens'],
  price: { model: 'matrix', providers: [{ id: 'acme' }], rows, aliases: [] },
})
const book = (...charges: Charge[]): BookContent => ({
  currency: 'USD',
  effective_from: '2026-01-01T00:00:00.000Z',
  effective_to: null,
  source: 'a test',
  source_date: '2026-01-01T00:00:00.000Z',
  charges,
})
const one = row('one', { input_tokens: '1', output_tokens: '2' }, { input_tokens: '3', output_tokens: '4' })

describe('the difference of two versions', () => {
  it('R-4 is nothing between a book and itself', () => {
    expect(diffBooks(book(matrix(one)), book(matrix(one)))).toEqual([])
  })

  it('R-4 names row, kind and band of a changed rate', () => {
    const dearer = row('one', { input_tokens: '1', output_tokens: '2' }, { input_tokens: '3', output_tokens: '4.5' })
    expect(diffBooks(book(matrix(one)), book(matrix(dearer)))).toEqual([
      {
        change: 'changed',
        what: 'tokens: acme / one: output_tokens over 200000',
        charge: 'tokens',
        provider: 'acme',
        model: 'one',
        kind: 'output_tokens',
        input_over: 200_000,
        before: '4',
        after: '4.5',
      },
    ])
  })

  it('R-4 tells every rate of a row that is added or removed', () => {
    const two = row('two', { input_tokens: '7' })
    const changes = diffBooks(book(matrix(one, two)), book(matrix(row('zero', { input_tokens: '9' }), one)))
    expect(changes.map(({ change, what, before, after }) => [change, what, before, after])).toEqual([
      ['added', 'tokens: acme / zero: match', null, '{"equals":"zero"}'],
      ['added', 'tokens: acme / zero: input_tokens', null, '9'],
      ['removed', 'tokens: acme / two: match', '{"equals":"two"}', null],
      ['removed', 'tokens: acme / two: input_tokens', '7', null],
    ])
  })

  it('R-4 tells changes of units, tiers, meters, filters, aliases, the fall-back and the head', () => {
    const steps = (rate: string, ...more: { up_to: string; rate: string; flat_amount: string }[]): Charge => ({
      id: 'steps',
      meters: ['requests'],
      price: { model: 'graduated', per: '1', tiers: [...more, { up_to: null, rate }] },
    })
    const calls = (meters: string[], rate: string, filter?: Record<string, string>): Charge => ({
      id: 'calls',
      meters,
      ...(filter === undefined ? {} : { filter }),
      price: { model: 'per_unit', rate, per: '1000' },
    })
    const named = matrix(one)
    const aliased: Charge = {
      ...named,
      price: {
        ...named.price,
        providers: [{ id: 'acme', match: { contains: 'ac' } }],
        aliases: [{ provider: 'acme', model: 'uno', as: { provider: 'acme', model: 'one' } }],
        fallback: { provider: 'acme', model: 'one' },
      } as Charge['price'],
    }
    const changes = diffBooks(book(named, steps('1'), calls(['requests'], '1')), {
      ...book(
        aliased,
        steps('0.5', { up_to: '10', rate: '1', flat_amount: '20' }),
        calls(['images'], '2', { region: 'eu' }),
      ),
      effective_to: '2027-01-01T00:00:00.000Z',
    })
    expect(changes.map(({ what, before, after }) => `${what}: ${before} → ${after}`)).toEqual([
      'effective_to: open → 2027-01-01T00:00:00.000Z',
      'tokens: provider acme: {} → {"match":{"contains":"ac"}}',
      'tokens: alias acme / uno: null → acme / one',
      'tokens: fallback: null → acme / one',
      'steps: tier 1: 1 per 1 up to any quantity → 20 and 1 per 1 up to 10',
      'steps: tier 2: null → 0.5 per 1 up to any quantity',
      'calls: meters: requests → images',
      'calls: filter: null → {"region":"eu"}',
      'calls: rate: 1 per 1000 → 2 per 1000',
    ])
  })

  it('R-4 of a marked-up book is every rate and the source', () => {
    const cost = book(matrix(one))
    const changes = diffBooks(cost, priceBook(cost, '1.30'))
    expect(changes.map(({ before, after }) => [before, after])).toEqual([
      ['a test', 'a test, cost × 1.30'],
      ['1', '1.3'],
      ['2', '2.6'],
      ['3', '3.9'],
      ['4', '5.2'],
    ])
  })
})
