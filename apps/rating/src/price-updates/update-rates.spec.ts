import type { BookContent } from '@portitor/contracts'
import { updateRates } from './update-rates.ts'

const row = (model: string, more: object = {}) => ({
  provider: 'OpenAI',
  model,
  match: { equals: model },
  bands: [
    { input_over: 0, rates: { input_tokens: '1', output_tokens: '2' } },
    { input_over: 1000, rates: { input_tokens: '3' } },
  ],
  ...more,
})
const eu = { dimensions: { region: 'eu' } }
const book = (): BookContent => ({
  currency: 'USD',
  effective_from: '2026-01-01T00:00:00.000Z',
  effective_to: null,
  source: 'a test',
  source_date: '2026-01-01T00:00:00.000Z',
  charges: [
    {
      id: 'tokens',
      meters: ['input_tokens', 'output_tokens'],
      price: { model: 'matrix', providers: [], rows: [row('gpt'), row('gpt', eu), row('mini')], aliases: [] },
    },
  ],
})
const change = (changes: object = {}) => ({
  provider: 'openai',
  model: 'GPT',
  kind: 'input_tokens',
  rate: '9',
  input_over: 0,
  ...changes,
})
const rowsOf = (made: ReturnType<typeof updateRates>) => {
  const price = 'content' in made ? made.content.charges[0]!.price : undefined
  return price?.model === 'matrix' ? price.rows : []
}

describe('a book with some rates changed', () => {
  it('R-5 has the new rates, and everything else as it was', () => {
    const before = book()
    const made = updateRates(before, [change(), change({ input_over: 1000, kind: 'output_tokens', rate: '7' })])
    const expected = row('gpt')
    expected.bands[0]!.rates = { input_tokens: '9', output_tokens: '2' }
    expected.bands[1]!.rates = { input_tokens: '3', output_tokens: '7' }
    expect(rowsOf(made)).toEqual([expected, row('gpt', eu), row('mini')])
    expect(before).toEqual(book())
  })

  it.each([
    ['a model that the book lacks', { model: 'new' }, 'rates[1].model'],
    ['a provider that the book lacks', { provider: 'new' }, 'rates[1].model'],
    ['a band that the model lacks', { input_over: 5 }, 'rates[1].input_over'],
    ['the same rate twice', {}, 'rates[1]'],
  ])('R-5 refuses %s and names the change', (_, changes, field) => {
    expect(updateRates(book(), [change(), change(changes)])).toMatchObject({ problems: [{ field }] })
  })

  it('R-5 takes no name for a part of the language', () => {
    const [changed] = rowsOf(updateRates(book(), [change({ kind: '__proto__' })]))
    expect(Object.keys(changed!.bands[0]!.rates)).toContain('__proto__')
  })
})
