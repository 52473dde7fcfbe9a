import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { calcPrice, findProvider, type ModelInfo, type Provider } from '@pydantic/genai-prices'
import { bookContentSchema, type BookContent, type MatrixRow } from '@portitor/contracts'
import { compileBook, estimate } from '@portitor/pricing'
import { checkBook } from '../catalog/check-book.ts'
import { readPricePackage } from './provider-price-package.ts'
import { costBook } from './provider-prices.ts'
import { startMeters } from '../catalog/start-meters.ts'

const at = new Date('2026-11-21T09:00:00Z')
const { source, providers } = await readPricePackage()
const book = costBook(providers, { name: source, at })
const matrix = matrixOf(book)

function matrixOf(content: BookContent) {
  const price = content.charges[0]!.price
  if (price.model !== 'matrix') throw new Error('the first charge of a start book is the matrix of models')
  return price
}
function rowOf(provider: string, model: string, rows: readonly MatrixRow[] = matrix.rows): MatrixRow {
  const found = rows.find((row) => row.provider === provider && row.model === model)
  if (found === undefined) throw new Error(`no row ${provider}/${model}`)
  return found
}
/** A provider of one model that is found by the name `m`. */
function only(model: Partial<ModelInfo>, id = 'p'): Provider {
  return { id, name: id, api_pattern: '', models: [{ id: 'm', match: { equals: 'm' }, prices: {}, ...model }] }
}
const bookOf = (provider: Provider) => costBook([provider], { name: 'test 1', at })

describe('the cost book made of the price package', () => {
  it('R-5 holds every provider of the package, also as told by its own file and look-up', () => {
    const text = readFileSync(createRequire(import.meta.url).resolve('@pydantic/genai-prices'), 'utf8')
    const ids = new Set([...text.matchAll(/\bid:\s*["'`]([^"'`]+)["'`]/g)].map((match) => match[1]!))
    const known = [...ids].filter((id) => findProvider({ providerId: id })?.id === id).sort()
    expect(known.length).toBeGreaterThan(40)
    expect(matrix.providers.map(({ id }) => id).sort()).toEqual(known)
    expect(known.filter((id) => !matrix.rows.some((row) => row.provider === id))).toEqual([])
  })

  it('R-5 has the rates of known models as the package publishes them', () => {
    expect(rowOf('openai', 'gpt-4o').bands).toEqual([
      { input_over: 0, rates: { input_tokens: '2.5', cached_input_tokens: '1.25', output_tokens: '10' } },
    ])
    expect(rowOf('google', 'gemini-2.5-pro').bands).toEqual([
      { input_over: 0, rates: { input_tokens: '1.25', cached_input_tokens: '0.125', output_tokens: '10' } },
      { input_over: 200_000, rates: { input_tokens: '2.5', cached_input_tokens: '0.25', output_tokens: '15' } },
    ])
    expect(rowOf('perplexity', 'sonar').bands[0]!.rates).toEqual({
      input_tokens: '1',
      output_tokens: '1',
      requests: '12000',
    })
  })

  it('R-5 prices every model as the package does, on both sides of every border of its tiers', () => {
    const compiled = compileBook('cost', 1, book)
    const mismatches: string[] = []
    let compared = 0
    for (const provider of providers)
      for (const model of provider.models) {
        const row = matrix.rows.find((one) => one.provider === provider.id && one.model === model.id)
        // The price by the hour is a decision of ours, tested with resolvePrice.
        if (row === undefined || JSON.stringify(model.prices).includes('time_of_date')) continue
        const borders = row.bands.flatMap(({ input_over }) => [input_over, input_over + 1])
        for (const input of new Set([...borders, 1_200].filter((size) => size > 0))) {
          const output = row.bands[0]!.rates['output_tokens'] === undefined ? 0 : 300
          const cached = row.bands[0]!.rates['cached_input_tokens'] === undefined ? 0 : Math.floor(input / 4)
          const alone: Provider = { ...provider, models: [{ ...model, match: { equals: 'm' } }] }
          const theirs = calcPrice(
            { input_tokens: input, output_tokens: output, ...(cached > 0 ? { cache_read_tokens: cached } : {}) },
            'm',
            { provider: alone, timestamp: at },
          )!.total_price
          const ours = estimate(
            { cost: compiled },
            {
              provider: provider.id,
              model: model.id,
              attributes: {},
              quantities: new Map(
                Object.entries({ input_tokens: input, cached_input_tokens: cached, output_tokens: output }).map(
                  ([kind, count]) => [kind, BigInt(count) * 1_000_000_000n],
                ),
              ),
            },
          )
          compared += 1
          const nanos = 'refused' in ours ? Number.NaN : Number(ours.cost)
          // Two nano-units for our rounding per kind, and the package's own binary error.
          if (!(Math.abs(nanos - theirs * 1e9) <= 2 + theirs * 1e-3))
            mismatches.push(`${provider.id}/${model.id} at ${input}: ${nanos} instead of ${theirs * 1e9}`)
        }
      }
    expect(mismatches).toEqual([])
    expect(compared).toBeGreaterThan(1_500)
  })

  it('R-4 gives no row to a model without a price for tokens, and no other row takes its name', () => {
    const missing = providers.flatMap(({ id, models }) =>
      models
        .filter((model) => !matrix.rows.some((row) => row.provider === id && row.model === model.id))
        .map((model) => [id, model.id] as const),
    )
    expect(missing).toContainEqual(['openai', 'whisper-1'])
    expect(missing).toContainEqual(['openai', 'moderation'])
    const compiled = compileBook('cost', 1, book)
    const quantities = new Map([['input_tokens', 1_000_000_000n]])
    const priced = missing.filter(
      ([provider, model]) =>
        !('refused' in estimate({ cost: compiled }, { provider, model, attributes: {}, quantities })),
    )
    expect(priced).toEqual([])
  })

  it('R-5 serves the models of the providers that a provider falls back on, under its own name', () => {
    expect(rowOf('google', 'anthropic/claude-sonnet-4-0').bands).toEqual(rowOf('anthropic', 'claude-sonnet-4-0').bands)
    expect(matrix.rows.some((row) => row.provider === 'azure' && row.model === 'openai/gpt-4o')).toBe(true)
  })

  it('R-4 passes the checks of a draft, so the start book could be published by hand', () => {
    expect(bookContentSchema.parse(book)).toEqual(book)
    expect(checkBook('cost', book, { meters: startMeters, currency: 'USD' })).toEqual([])
  })

  it('R-5 is dated and sourced, in force from 2000 on', () => {
    expect(book).toMatchObject({
      currency: 'USD',
      source: expect.stringMatching(/^@pydantic\/genai-prices \d+\.\d+\.\d+$/),
      source_date: at.toISOString(),
      effective_from: '2000-01-01T00:00:00.000Z',
      effective_to: null,
    })
  })

  it('R-4 lists every start meter in a charge: what has no published price stands there at rate 0', () => {
    const priced = new Set(book.charges.flatMap(({ meters }) => meters))
    const unpriced = startMeters.filter(({ name, part_of }) => part_of === undefined && !priced.has(name))
    expect(unpriced).toEqual([])
    expect(book.charges.slice(1).map(({ price }) => price)).toEqual(
      Array.from({ length: 3 }, () => ({ model: 'per_unit', rate: '0', per: '1' })),
    )
  })

  it('R-5 turns numbers into exact decimals by their shortest text, exponents included', () => {
    const { rates } = matrixOf(
      bookOf(only({ prices: { input_mtok: 1e-7, output_mtok: 0.1 + 0.2, requests_kcount: 0.005 } })),
    ).rows[0]!.bands[0]!
    expect(rates).toEqual({ input_tokens: '0.0000001', output_tokens: '0.30000000000000004', requests: '5' })
  })

  it('R-5 refuses a price it does not know, rather than leave out what a provider charges for', () => {
    expect(() => bookOf(only({ prices: { input_mtok: 1, thought_mtok: 9 } }))).toThrow('"thought_mtok"')
  })

  it('R-5 merges the borders of all kinds, each kind at the last tier that has begun', () => {
    const tiered = (base: number, ...tiers: { start: number; price: number }[]) => ({ base, tiers })
    const prices = {
      input_mtok: tiered(1, { start: 200, price: 3 }, { start: 100, price: 2 }),
      cache_read_mtok: 0.5,
      output_mtok: tiered(4, { start: 150, price: 5 }),
    }
    expect(matrixOf(bookOf(only({ prices }))).rows[0]!.bands).toEqual([
      { input_over: 0, rates: { input_tokens: '1', cached_input_tokens: '0.5', output_tokens: '4' } },
      { input_over: 100, rates: { input_tokens: '2', cached_input_tokens: '0.5', output_tokens: '4' } },
      { input_over: 150, rates: { input_tokens: '2', cached_input_tokens: '0.5', output_tokens: '5' } },
      { input_over: 200, rates: { input_tokens: '3', cached_input_tokens: '0.5', output_tokens: '5' } },
    ])
  })
})
