import { formatQuantity, oneUnit } from '@portitor/money'
import fc from 'fast-check'
import type { BookContent, Charge, GraduatedPrice, MatrixPrice } from './charge.ts'
import { compileBook, type CompiledBook } from './compile-book.ts'
import type { Usage } from './usage.ts'

/** Two providers, one model with context bands, parts with and without rates, an embedding without output. */
export const exampleMatrix: MatrixPrice = {
  model: 'matrix',
  providers: [
    { id: 'openai', match: { contains: 'openai' }, model_match: { regex: '^(?:gpt-|o[134])' } },
    { id: 'google', model_match: { starts_with: 'gemini-' } },
  ],
  rows: [
    {
      provider: 'openai',
      model: 'gpt-4o',
      match: { regex: '^gpt-4o(?:-\\d{4}-\\d{2}-\\d{2})?$' },
      bands: [
        {
          input_over: 0,
          rates: { input_tokens: '2.50', cached_input_tokens: '1.25', output_tokens: '10', audio_output_tokens: '80' },
        },
      ],
    },
    {
      provider: 'openai',
      model: 'text-embedding-3-small',
      match: { equals: 'text-embedding-3-small' },
      bands: [{ input_over: 0, rates: { input_tokens: '0.02' } }],
    },
    {
      provider: 'google',
      model: 'gemini-2.5-pro',
      match: { starts_with: 'gemini-2.5-pro' },
      bands: [
        {
          input_over: 0,
          rates: { input_tokens: '1.25', cached_input_tokens: '0.31', output_tokens: '10', requests: '35000' },
        },
        { input_over: 200_000, rates: { input_tokens: '2.5', cached_input_tokens: '0.625', output_tokens: '15' } },
      ],
    },
  ],
  aliases: [{ model: 'Our-Best', as: { provider: 'openai', model: 'gpt-4o' } }],
}

export const tokensCharge: Charge = { id: 'tokens', meters: ['input_tokens', 'output_tokens'], price: exampleMatrix }

export function content(charges: readonly Charge[], changed: Partial<BookContent> = {}): BookContent {
  return {
    currency: 'USD',
    effective_from: '2000-01-01T00:00:00.000Z',
    effective_to: null,
    source: 'example',
    source_date: '2026-01-01T00:00:00.000Z',
    charges,
    ...changed,
  }
}

export function priceBook(...charges: Charge[]): CompiledBook {
  return compileBook('price', 1, content(charges))
}

/** A usage in whole units: `usage({ input_tokens: 1200 }, 'gpt-4o')`. */
export function usage(counts: Record<string, number>, model?: string, provider?: string): Usage {
  const quantities = new Map(Object.entries(counts).map(([meter, count]) => [meter, BigInt(count) * oneUnit]))
  return { provider, model, quantities, attributes: {} }
}

export const rateText: fc.Arbitrary<string> = fc
  .tuple(fc.nat(500), fc.nat(999_999_999), fc.integer({ min: 0, max: 9 }))
  .map(([whole, fraction, digits]) =>
    digits === 0 ? `${whole}` : `${whole}.${fraction.toString().padStart(9, '0').slice(0, digits)}`,
  )
export const perText: fc.Arbitrary<string> = fc.constantFrom('1', '3', '7', '1000', '1000000')
/** Up to ten million units, whole or down to 10⁻⁹. */
export const anyQuantity: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 10_000_000n }).map((units) => units * oneUnit),
  fc.bigInt({ min: 0n, max: 10_000_000n * oneUnit }),
)
export const anyGraduated: fc.Arbitrary<GraduatedPrice> = graduatedUpTo(5_000_000n)

/** Up to six tiers, the last of which begins at `unitsMax` at the latest. */
export function graduatedUpTo(unitsMax: bigint): fc.Arbitrary<GraduatedPrice> {
  const drawn = fc.record({
    per: perText,
    ends: fc.uniqueArray(fc.bigInt({ min: 1n, max: unitsMax * oneUnit }), { maxLength: 5 }),
    rates: fc.array(rateText, { minLength: 6, maxLength: 6 }),
    flats: fc.array(fc.option(rateText, { nil: undefined }), { minLength: 6, maxLength: 6 }),
  })
  return drawn.map(({ per, ends, rates, flats }) => {
    const ascending = ends.sort((a, b) => (a < b ? -1 : 1)).map(formatQuantity)
    const tiers = [...ascending, null].map((up_to, index) => ({
      up_to,
      rate: rates[index]!,
      flat_amount: flats[index],
    }))
    return { model: 'graduated', per, tiers }
  })
}

/** Token events of the example's models, below and above the band's border, with parts within their totals. */
export const anyTokenUsage: fc.Arbitrary<Usage> = fc
  .record({
    model: fc.constantFrom('gpt-4o', 'gpt-4o-2024-08-06', 'our-best', 'gemini-2.5-pro', 'gemini-2.5-pro-preview'),
    input: fc.oneof(fc.nat(20_000), fc.integer({ min: 199_990, max: 200_010 })),
    output: fc.nat(5_000),
    shares: fc.array(fc.nat(33), { minLength: 5, maxLength: 5 }),
  })
  .map(({ model, input, output, shares }) => {
    const share = (index: number, total: number): number => Math.trunc((total * shares[index]!) / 100)
    return usage(
      {
        input_tokens: input,
        cached_input_tokens: share(0, input),
        cache_write_input_tokens: share(1, input),
        image_input_tokens: share(2, input),
        output_tokens: output,
        reasoning_tokens: share(3, output),
        audio_output_tokens: share(4, output),
      },
      model,
    )
  })
