import { formatQuantity, sum } from '@portitor/money'
import fc from 'fast-check'
import type { Charge } from './charge.ts'
import { compileBook } from './compile-book.ts'
import { anyTokenUsage, content, exampleMatrix, priceBook, tokensCharge, usage } from './example-book.fixture.ts'
import { chargesFor, type Charged } from './match-charge.ts'
import { partsOf } from './token-kinds.ts'
import type { Usage } from './usage.ts'

const perUnit = (id: string, meters: string[], filter?: Record<string, string>): Charge => ({
  id,
  meters,
  filter,
  price: { model: 'per_unit', rate: '1', per: '1' },
})
/** `{ 'tokens openai/gpt-4o@0': { input_tokens: '800' } }`, or the code of the refusal. */
function told(charged: Charged): unknown {
  if ('refused' in charged) return charged.refused.code
  return Object.fromEntries(
    charged.uses.map(({ charge, group, cells }) => [
      `${charge} ${group}`,
      Object.fromEntries(cells.map(({ cell, quantity }) => [cell, formatQuantity(quantity)])),
    ]),
  )
}

describe('a matrix of models and token kinds', () => {
  const book = priceBook(tokensCharge)

  it('M-12 prices a part at its own rate and the remainder at the base rate', () => {
    const event = usage({ input_tokens: 1200, cached_input_tokens: 200, output_tokens: 300 }, 'gpt-4o')
    expect(told(chargesFor(book, event))).toEqual({
      'tokens openai/gpt-4o@0': { input_tokens: '1000', cached_input_tokens: '200', output_tokens: '300' },
    })
  })

  it('M-12 leaves a part without a rate of its own in the remainder', () => {
    const event = usage(
      { input_tokens: 100, image_input_tokens: 40, output_tokens: 50, reasoning_tokens: 50 },
      'gpt-4o',
    )
    expect(told(chargesFor(book, event))).toEqual({
      'tokens openai/gpt-4o@0': { input_tokens: '100', output_tokens: '50' },
    })
  })

  it('M-12 owes no base rate when the parts are the whole', () => {
    const rates = { cached_input_tokens: '1' }
    const rows = [{ provider: 'p', model: 'm', match: { equals: 'm' }, bands: [{ input_over: 0, rates }] }]
    const cachedOnly = priceBook({ ...tokensCharge, price: { model: 'matrix', providers: [], rows, aliases: [] } })
    const event = usage({ input_tokens: 5, cached_input_tokens: 5 }, 'm', 'p')
    expect(told(chargesFor(cachedOnly, event))).toEqual({ 'tokens p/m@0': { cached_input_tokens: '5' } })
    expect(told(chargesFor(cachedOnly, usage({ input_tokens: 6, cached_input_tokens: 5 }, 'm', 'p')))).toBe(
      'pricing.no_rate',
    )
  })

  it.each([
    [200_000, 'google/gemini-2.5-pro@0'],
    [200_001, 'google/gemini-2.5-pro@200000'],
  ])('R-5 an input of %d tokens prices the whole request in %s', (input_tokens, group) => {
    const event = usage({ input_tokens, output_tokens: 10 }, 'gemini-2.5-pro')
    expect(told(chargesFor(book, event))).toEqual({
      [`tokens ${group}`]: { input_tokens: `${input_tokens}`, output_tokens: '10', requests: '1' },
    })
  })

  it('R-3 counts the requests the event says, else one, where the row has a rate for them', () => {
    const event = usage({ input_tokens: 1, requests: 3 }, 'gemini-2.5-pro')
    expect(told(chargesFor(book, event))).toEqual({
      'tokens google/gemini-2.5-pro@0': { input_tokens: '1', requests: '3' },
    })
  })

  it('R-3 a matrix that names requests includes them in the price of tokens, and refuses them alone where it has no rate', () => {
    const named = priceBook({ ...tokensCharge, meters: [...tokensCharge.meters, 'requests'] })
    expect(told(chargesFor(named, usage({ input_tokens: 1, requests: 1 }, 'gpt-4o')))).toEqual({
      'tokens openai/gpt-4o@0': { input_tokens: '1' },
    })
    expect(told(chargesFor(named, usage({ requests: 1 }, 'gpt-4o')))).toBe('pricing.no_rate')
    expect(told(chargesFor(named, usage({ requests: 2 }, 'gemini-2.5-pro')))).toEqual({
      'tokens google/gemini-2.5-pro@0': { requests: '2' },
    })
    expect(told(chargesFor(book, usage({ input_tokens: 1, requests: 1 }, 'gpt-4o')))).toBe('pricing.no_charge')
  })

  it('M-12 every token is priced exactly once: cells of a family sum to its total, none is negative', () => {
    fc.assert(
      fc.property(anyTokenUsage, (event) => {
        const charged = chargesFor(book, event)
        if ('refused' in charged) throw new Error(charged.refused.detail)
        const cells = charged.uses.flatMap((use) => use.cells)
        for (const total of ['input_tokens', 'output_tokens']) {
          const family = cells.filter(({ cell }) => cell === total || partsOf(total).includes(cell))
          expect(sum(family.map(({ quantity }) => quantity))).toBe(event.quantities.get(total))
        }
        expect(cells.every(({ quantity }) => quantity > 0n)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('M-12 a part without its total, or larger, or parts larger together, are refused', () => {
    const refused = (counts: Record<string, number>) => told(chargesFor(book, usage(counts, 'gpt-4o')))
    expect(refused({ cached_input_tokens: 1 })).toBe('usage.part_exceeds_total')
    expect(refused({ output_tokens: 1, reasoning_tokens: 2 })).toBe('usage.part_exceeds_total')
    const rates = { input_tokens: '1', cached_input_tokens: '1', audio_input_tokens: '1' }
    const rows = [{ provider: 'p', model: 'm', match: { equals: 'm' }, bands: [{ input_over: 0, rates }] }]
    const both = priceBook({ ...tokensCharge, price: { model: 'matrix', providers: [], rows, aliases: [] } })
    const event = usage({ input_tokens: 10, cached_input_tokens: 8, audio_input_tokens: 3 }, 'm', 'p')
    expect(told(chargesFor(both, event))).toBe('usage.part_exceeds_total')
  })
})

describe('what has no price', () => {
  const [price, cost] = (['price', 'cost'] as const).map((side) => compileBook(side, 7, content([tokensCharge])))

  it.each<[string, Usage, string, string | undefined]>([
    ['an unknown model', usage({ input_tokens: 1 }, 'gpt-99'), 'model.unknown', 'data.model'],
    ['a missing model', usage({ input_tokens: 1 }), 'model.missing', 'data.model'],
    ['an empty model', usage({ input_tokens: 1 }, ''), 'model.missing', 'data.model'],
    [
      'output of an embedding',
      usage({ input_tokens: 1, output_tokens: 1 }, 'text-embedding-3-small', 'openai'),
      'pricing.no_rate',
      'data.output_tokens',
    ],
  ])('R-4 %s is refused on both sides, never free', (_, event, code, field) => {
    for (const book of [price!, cost!]) expect(chargesFor(book, event)).toMatchObject({ refused: { code, field } })
  })

  it('R-4 a meter that no charge names is refused where customers pay and free where we do', () => {
    const event = usage({ gpu_seconds: 5 })
    const detail = 'no charge of price book version 7 prices 5 of gpu_seconds: add one, at rate 0 if it is free'
    expect(chargesFor(price!, event)).toEqual({ refused: { code: 'pricing.no_charge', detail } })
    expect(chargesFor(cost!, event)).toEqual({ uses: [] })
  })

  it('R-4 nothing consumed owes nothing, whatever the model is called', () => {
    expect(chargesFor(price!, usage({ input_tokens: 0, gpu_seconds: 0 }, 'gpt-99'))).toEqual({ uses: [] })
  })

  it('M-10 a negative quantity is a bug, not a credit', () => {
    expect(() => chargesFor(price!, usage({ input_tokens: -1 }, 'gpt-4o'))).toThrow(RangeError)
  })
})

describe('charges by meter', () => {
  it('R-3 each meter of a charge is a segment group of its own', () => {
    const event = usage({ images: 2, gpu_seconds: 3 })
    expect(told(chargesFor(priceBook(perUnit('media', ['images', 'gpu_seconds'])), event))).toEqual({
      'media images': { images: '2' },
      'media gpu_seconds': { gpu_seconds: '3' },
    })
  })

  it('R-3 outcome:* takes every outcome, under its own name', () => {
    const event = usage({ 'outcome:meeting_booked': 1, 'outcome:ticket_solved': 2 })
    expect(told(chargesFor(priceBook(perUnit('outcomes', ['outcome:*'])), event))).toEqual({
      'outcomes outcome:meeting_booked': { 'outcome:meeting_booked': '1' },
      'outcomes outcome:ticket_solved': { 'outcome:ticket_solved': '2' },
    })
  })

  it('R-3 the first charge that names the meter and whose filter holds takes it', () => {
    const book = priceBook(
      perUnit('eu', ['images'], { region: 'eu', model: 'dall-e' }),
      perUnit('rest', ['images']),
      perUnit('late', ['images']),
    )
    const event = { ...usage({ images: 1 }, 'dall-e'), attributes: { region: 'eu' } }
    expect(told(chargesFor(book, event))).toEqual({ 'eu images': { images: '1' } })
    expect(told(chargesFor(book, usage({ images: 1 }, 'dall-e')))).toEqual({ 'rest images': { images: '1' } })
  })

  it('M-12 a part that a charge names is taken out of its total, whichever comes first', () => {
    const event = usage({ output_tokens: 10, reasoning_tokens: 4 }, 'gpt-4o')
    const expected = {
      'thinking reasoning_tokens': { reasoning_tokens: '4' },
      'tokens openai/gpt-4o@0': { output_tokens: '6' },
    }
    expect(told(chargesFor(priceBook(perUnit('thinking', ['reasoning_tokens']), tokensCharge), event))).toEqual(
      expected,
    )
    expect(told(chargesFor(priceBook(tokensCharge, perUnit('thinking', ['reasoning_tokens'])), event))).toEqual(
      expected,
    )
  })

  it('M-12 a part that an earlier charge took keeps its price, though the row of the model has one too', () => {
    const book = priceBook(perUnit('cache', ['cached_input_tokens']), tokensCharge)
    expect(told(chargesFor(book, usage({ input_tokens: 10, cached_input_tokens: 4 }, 'gpt-4o')))).toEqual({
      'cache cached_input_tokens': { cached_input_tokens: '4' },
      'tokens openai/gpt-4o@0': { input_tokens: '6' },
    })
  })

  it('M-12 a part needs no charge of its own: it is priced with its total', () => {
    const event = usage({ input_tokens: 10, cached_input_tokens: 4 })
    expect(told(chargesFor(priceBook(perUnit('in', ['input_tokens'])), event))).toEqual({
      'in input_tokens': { input_tokens: '10' },
    })
    expect(told(chargesFor(priceBook(perUnit('cached', ['cached_input_tokens'])), event))).toBe('pricing.no_charge')
  })

  it('R-4 tokens taken by an earlier charge need no model', () => {
    const book = priceBook(perUnit('flat', ['input_tokens', 'output_tokens']), tokensCharge)
    expect(told(chargesFor(book, usage({ input_tokens: 1 })))).toEqual({ 'flat input_tokens': { input_tokens: '1' } })
  })

  it('R-3 a request charge of the book goes before the per-request rate of a model', () => {
    const book = priceBook(perUnit('calls', ['requests']), { ...tokensCharge, price: exampleMatrix })
    expect(told(chargesFor(book, usage({ input_tokens: 1, requests: 1 }, 'gemini-2.5-pro')))).toEqual({
      'calls requests': { requests: '1' },
      'tokens google/gemini-2.5-pro@0': { input_tokens: '1' },
    })
  })
})
