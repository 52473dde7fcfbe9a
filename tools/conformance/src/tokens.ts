import { formatRate, multiply, parseRate, rational, type Rational } from '@portitor/money'
import { type Band, compileBook, estimate, type MatrixPrice } from '@portitor/pricing'
import { type Answer, billionths, decimalOf, type Fields, VectorUnclear } from './vector.ts'

const kinds: Readonly<Record<string, { kind: string; total: string }>> = {
  input: { kind: 'input_tokens', total: 'input_tokens' },
  output: { kind: 'output_tokens', total: 'output_tokens' },
  cache_read: { kind: 'cached_input_tokens', total: 'input_tokens' },
  cache_write: { kind: 'cache_write_input_tokens', total: 'input_tokens' },
  audio_input: { kind: 'audio_input_tokens', total: 'input_tokens' },
  audio_output: { kind: 'audio_output_tokens', total: 'output_tokens' },
  reasoning: { kind: 'reasoning_tokens', total: 'output_tokens' },
}

/** These vectors count pools apart, as some providers do: at the edge they become totals that include their parts (M-12). */
export function tokenCost(input: Fields): Answer {
  const percent = parseRate(input.text('markup_percent', '0'))
  const factor = rational(100n * percent.denominator + percent.numerator, 100n * percent.denominator)
  const rates = input.fields('rates_per_million')
  const higher = rates.list('long_context').map((band) => ({
    input_over: band.whole('over_input_tokens'),
    rates: ratesOf(band, factor),
  }))
  const bands = [
    { input_over: 0, rates: ratesOf(rates, factor) },
    ...higher.sort((a, b) => a.input_over - b.input_over),
  ]
  const pools = [...input.fields('tokens').others()].map(([pool, count]) => ({
    ...kindOf(pool),
    pool,
    count: billionths(count),
  }))
  input.done()
  const counted = pools.filter(({ pool }) => pool === 'input' || pool === 'cache_read' || pool === 'cache_write')
  const counts = counted.reduce((sum, { count }) => sum + count, 0n)
  const dialect = bands.filter(({ input_over }) => counts > BigInt(input_over) * 1_000_000_000n).at(-1) ?? bands[0]!
  return {
    actual: priced(bands, pools),
    exception: {
      reason: 'the context band follows from the whole input, audio included (M-12); the dialect leaves audio out',
      dialect: { ...priced([{ ...dialect, input_over: 0 }], pools), long_context_applied: dialect.input_over > 0 },
    },
  }
}

function priced(bands: readonly Band[], pools: readonly { kind: string; total: string; count: bigint }[]): object {
  const quantities = new Map<string, bigint>()
  for (const { kind, total, count } of pools) {
    quantities.set(total, (quantities.get(total) ?? 0n) + count)
    if (kind !== total) quantities.set(kind, count)
  }
  const rows = [{ provider: 'p', model: 'm', match: { equals: 'm' }, bands }]
  const price: MatrixPrice = { model: 'matrix', providers: [], rows, aliases: [] }
  const book = compileBook('price', 1, {
    currency: 'USD',
    effective_from: '2000-01-01T00:00:00Z',
    effective_to: null,
    source: 'vector',
    source_date: '2000-01-01T00:00:00Z',
    charges: [{ id: 'tokens', meters: ['input_tokens', 'output_tokens'], price }],
  })
  const estimated = estimate({ price: book }, { provider: 'p', model: 'm', quantities, attributes: {} })
  if ('refused' in estimated) throw new RangeError(estimated.refused.detail)
  const long = estimated.steps.some(({ group }) => !group.endsWith('@0'))
  return { amount: decimalOf(estimated.price), long_context_applied: long }
}

function ratesOf(fields: Fields, factor: Rational): Record<string, string> {
  const rates = [...fields.others()].map(
    ([pool, rate]) => [kindOf(pool).kind, formatRate(multiply(parseRate(rate), factor))] as const,
  )
  return Object.fromEntries(rates)
}

function kindOf(pool: string): { kind: string; total: string } {
  const known = kinds[pool]
  if (known === undefined) throw new VectorUnclear(`${pool} is no pool of tokens`)
  return known
}
