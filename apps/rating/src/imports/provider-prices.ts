import type { ModelPrice, Provider } from '@pydantic/genai-prices'
import type { BookContent, Charge, MatrixRow } from '@portitor/contracts'
import { formatRate, multiply, rational, rationalFromNumber } from '@portitor/money'
import { resolvePrice } from './resolve-price.ts'

/** The charge of the start books; names the revenue account of all token usage. */
const TOKENS_CHARGE = 'tokens'

/** Start books price what happened before they were imported too. */
export const START_EFFECTIVE_FROM = '2000-01-01T00:00:00.000Z'

/** The package's price keys and the kind of a matrix row each becomes; `times` turns its unit into a million. */
const kindOfPriceKey: Readonly<Record<string, { kind: string; times: bigint }>> = {
  input_mtok: { kind: 'input_tokens', times: 1n },
  cache_read_mtok: { kind: 'cached_input_tokens', times: 1n },
  cache_write_mtok: { kind: 'cache_write_input_tokens', times: 1n },
  input_audio_mtok: { kind: 'audio_input_tokens', times: 1n },
  input_image_mtok: { kind: 'image_input_tokens', times: 1n },
  output_mtok: { kind: 'output_tokens', times: 1n },
  output_reasoning_mtok: { kind: 'reasoning_tokens', times: 1n },
  output_audio_mtok: { kind: 'audio_output_tokens', times: 1n },
  requests_kcount: { kind: 'requests', times: 1_000n },
}

/**
 * Price keys left out of the start books. A key that stands in neither list stops the import: what a provider charges
 * for is never dropped unseen.
 */
const leftOut: ReadonlySet<string> = new Set([
  // Cache writes with a lifetime and parts that are two things at once (cached audio): events tell no such kinds apart
  // (M-12), so these tokens are priced as the cache write, or the audio or image input, that they are a part of.
  'cache_write_1h_mtok',
  'cache_audio_read_mtok',
  'cache_image_read_mtok',
  // Video input, and image, video and citation output: no meter of their own, priced as input or output.
  'input_video_mtok',
  'output_image_mtok',
  'output_video_mtok',
  'output_citation_mtok',
  // Not tokens and not on the model's own meter: tool calls, pages, messages, duration. An operator who resells them adds a charge.
  'web_searches_kcount',
  'storage_searches_kcount',
  'input_text_messages_kcount',
  'input_document_kpages',
  'input_annotated_document_kpages',
  'audio_hours',
  'input_audio_hours',
])

/**
 * What start meters count besides tokens has no published price: it stands in the start books at rate 0, so that it is
 * metered from the first day, and so that anyone who reads the book sees that nothing is charged for it yet. A meter that
 * stands in no charge at all is refused. (A matrix counts the request of a token event by itself, where its row has a rate for it.)
 */
const unpriced: readonly Pick<Charge, 'id' | 'meters'>[] = [
  { id: 'calls', meters: ['requests'] },
  {
    id: 'resources',
    meters: ['gpu_seconds', 'storage_gb_hours', 'vectors', 'images', 'embeddings', 'audio_seconds'],
  },
  { id: 'outcomes', meters: ['outcome:*'] },
]

/**
 * The cost book that the package's data says, as of the instant `at`: every provider, and every model that has a price
 * for tokens. A model without one (billed by the minute or page, or listed without any price, which may mean free or not
 * known) gets no row, so its events are rejected until an operator prices it: unknown is never free.
 */
export function costBook(providers: readonly Provider[], source: { name: string; at: Date }): BookContent {
  return {
    currency: 'USD',
    effective_from: START_EFFECTIVE_FROM,
    effective_to: null,
    source: source.name,
    source_date: source.at.toISOString(),
    charges: [
      {
        id: TOKENS_CHARGE,
        meters: ['input_tokens', 'output_tokens'],
        price: {
          model: 'matrix',
          providers: providers.map(({ id, provider_match: match, model_match }) => ({
            id,
            ...(match === undefined ? {} : { match }),
            ...(model_match === undefined ? {} : { model_match }),
          })),
          rows: providers.flatMap((provider) => rowsOf(provider, providers, source.at)),
          aliases: [],
        },
      },
      ...unpriced.map(({ id, meters }): Charge => ({ id, meters, price: { model: 'per_unit', rate: '0', per: '1' } })),
    ],
  }
}

/** A provider's own models, then those of the providers whose models it serves too, one level deep as in the package. */
function rowsOf(provider: Provider, providers: readonly Provider[], at: Date): MatrixRow[] {
  const borrowed = (provider.fallback_model_providers ?? []).flatMap((id) =>
    // Under the lender's name: both may have a model of the same id, and a row is told by provider and model.
    modelRows(providers.find((other) => other.id === id)?.models ?? [], provider.id, `${id}/`, at),
  )
  return [...modelRows(provider.models, provider.id, '', at), ...borrowed]
}

function modelRows(models: Provider['models'], provider: string, prefix: string, at: Date): MatrixRow[] {
  return models.flatMap((model) => {
    const prices = resolvePrice(model, at)
    if (prices.input_mtok === undefined && prices.output_mtok === undefined) return []
    return [{ provider, model: prefix + model.id, match: model.match, bands: bandsOf(prices) }]
  })
}

/**
 * `{ base, tiers }` as bands of the whole request. In the package's code the size that decides is all of `input_tokens`,
 * cached parts included, for every price of the model, and a tier begins strictly above its `start`.
 */
function bandsOf(prices: ModelPrice): MatrixRow['bands'] {
  const starts = Object.values(prices).flatMap((value) => (typeof value === 'object' ? value.tiers : []))
  const borders = [...new Set([0, ...starts.map((tier) => tier.start)])].sort((left, right) => left - right)
  return borders.map((border) => ({ input_over: border, rates: ratesOver(prices, border) }))
}

function ratesOver(prices: ModelPrice, border: number): Record<string, string> {
  const rates: Record<string, string> = {}
  for (const [key, value] of Object.entries(prices)) {
    if (value === undefined || leftOut.has(key)) continue
    const target = kindOfPriceKey[key]
    if (target === undefined)
      throw new Error(`the price package has a price "${key}" that is neither imported nor left out on purpose`)
    const dollars = typeof value === 'number' ? value : tierPrice(value, border)
    rates[target.kind] = formatRate(multiply(rationalFromNumber(dollars), rational(target.times, 1n)))
  }
  return rates
}

// oxlint-disable-next-line house/money-is-bigint -- the package has dollars as numbers; the caller makes them exact
function tierPrice(price: { base: number; tiers: { start: number; price: number }[] }, border: number): number {
  const ascending = [...price.tiers].sort((left, right) => left.start - right.start)
  return ascending.findLast((tier) => tier.start <= border)?.price ?? price.base
}
