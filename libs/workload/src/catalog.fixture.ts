import { indexMeters } from '@portitor/metering'
import { compileBook, type BookSide, type CompiledBook } from '@portitor/pricing'
import type { Catalog } from './event-charges.ts'

const tokens = (name: string, part_of?: string) => ({
  name,
  unit: 'token',
  event_type: 'tokens.consumed',
  aggregation: 'sum' as const,
  value: name,
  dimensions: [],
  ...(part_of === undefined ? {} : { part_of }),
})

/** Rates with thirds of a nano, so that rounding shows; a model with context bands; graduated images. */
export function exampleBook(
  side: BookSide,
  version: number,
  options: { from?: string; times?: bigint } = {},
): CompiledBook {
  const { from = '2000-01-01T00:00:00Z', times = 1n } = options
  const rate = (nanosPerMillion: bigint) => `0.${(nanosPerMillion * times).toString().padStart(9, '0')}`
  const row = (model: string, bands: { input_over: number; rates: Record<string, string> }[]) => ({
    provider: 'example',
    model,
    match: { equals: model },
    bands,
  })
  return compileBook(side, version, {
    currency: 'USD',
    effective_from: from,
    effective_to: null,
    source: 'example',
    source_date: from,
    charges: [
      {
        id: 'tokens',
        meters: ['input_tokens', 'output_tokens'],
        price: {
          model: 'matrix',
          providers: [{ id: 'example' }],
          rows: [
            row('small', [
              {
                input_over: 0,
                rates: {
                  input_tokens: rate(333_333n),
                  cached_input_tokens: rate(111_111n),
                  output_tokens: rate(777_777n),
                },
              },
            ]),
            row('banded', [
              { input_over: 0, rates: { input_tokens: rate(1_500_001n), output_tokens: rate(3_000_001n) } },
              { input_over: 1_000, rates: { input_tokens: rate(2_500_001n) } },
            ]),
          ],
          aliases: [],
        },
      },
      {
        id: 'images',
        meters: ['images'],
        price: {
          model: 'graduated',
          per: '1',
          tiers: [
            { up_to: '10', rate: rate(10n) },
            { up_to: null, rate: rate(7n) },
          ],
        },
      },
    ],
  })
}

export const exampleCatalog: Catalog = {
  meters: indexMeters([
    tokens('input_tokens'),
    tokens('cached_input_tokens', 'input_tokens'),
    tokens('output_tokens'),
    { name: 'images', unit: 'image', event_type: 'resource.used', aggregation: 'sum', value: 'images', dimensions: [] },
  ]),
  price: [exampleBook('price', 1, { times: 2n })],
  cost: [exampleBook('cost', 1)],
}
