import type { BookContent, Charge } from '@portitor/contracts'
import { indexMeters } from '@portitor/metering'
import { compileBook } from '@portitor/pricing'
import fc from 'fast-check'
import { estimateUsage } from './estimate-usage.ts'
import { SubscribedBooks } from '../subscriptions/subscribed-books.ts'
import { noSubscriptions } from '../subscriptions/workspace-subscriptions.ts'
import { startMeters } from '../catalog/start-meters.ts'

const row = (rates: Record<string, string>): Charge => ({
  id: 'tokens',
  meters: ['input_tokens', 'output_tokens'],
  price: {
    model: 'matrix',
    providers: [{ id: 'openai', model_match: { starts_with: 'gpt' } }],
    rows: [{ provider: 'openai', model: 'gpt-4o', match: { equals: 'gpt-4o' }, bands: [{ input_over: 0, rates }] }],
    aliases: [],
  },
})
const calls: Charge = {
  id: 'calls',
  meters: ['requests'],
  price: {
    model: 'graduated',
    per: '1',
    tiers: [
      { up_to: '2', rate: '0' },
      { up_to: null, rate: '0.5' },
    ],
  },
}
const book = (effective_from: string, rates: Record<string, string>): BookContent => ({
  currency: 'USD',
  effective_from,
  effective_to: null,
  source: 'spec',
  source_date: effective_from,
  charges: [row(rates), calls],
})
const [early, late] = ['2025-01-01T00:00:00Z', '2026-12-24T00:00:00Z']
const subscribed = new SubscribedBooks()
const catalog = {
  revision: 1n,
  meters: indexMeters(startMeters),
  plans: new Map(),
  books: {
    price: [
      compileBook('price', 1, book(early, { input_tokens: '2.50', cached_input_tokens: '1.25', output_tokens: '10' })),
      compileBook('price', 2, book(late, { input_tokens: '5', output_tokens: '20' })),
    ],
    cost: [compileBook('cost', 7, book(early, { input_tokens: '2', output_tokens: '8' }))],
  },
}
const workspaceId = '01900000-0000-7000-8000-000000000001'
const nowMs = Date.parse('2026-11-21T09:00:00Z')
const estimate = (usage: Record<string, unknown>, workspace: string | undefined = workspaceId) =>
  estimateUsage(usage, { nowMs, workspaceId: workspace, catalog, subscribed, subscriptions: noSubscriptions })
const usage = { model: 'gpt-4o', input_tokens: 1200, cached_input_tokens: 200, output_tokens: 300 }

describe('the estimate of a usage', () => {
  it('R-10 says price and cost now, line by line: 1,000 × 2.50 + 200 × 1.25 + 300 × 10 per million', () => {
    const estimated = estimate(usage)
    expect(estimated).toMatchObject({
      type: 'tokens.consumed',
      timeMs: nowMs,
      currency: 'USD',
      version: 1,
      priceNanos: 5_750_000n,
      costNanos: 4_800_000n,
    })
    if ('refused' in estimated) throw new Error(estimated.refused.detail)
    expect(estimated.priceLines.map(({ cell, amount, q0 }) => [cell, amount, q0]).sort()).toEqual([
      ['cached_input_tokens', 250_000n, 0n],
      ['input_tokens', 2_500_000n, 0n],
      ['output_tokens', 3_000_000n, 0n],
    ])
    expect(estimated.priceLines.every(({ side }) => side === 'price')).toBe(true)
    expect(estimated.costLines.every(({ side, version }) => side === 'cost' && version === 7)).toBe(true)
  })

  it('R-10 R-4 the book in force at the given time prices it, one that is to come included', () => {
    const at = (time: string) => estimate({ model: 'gpt-4o', output_tokens: 1, time })
    expect(at('2026-12-23T23:59:59Z')).toMatchObject({ version: 1, priceNanos: 10_000n })
    expect(at('2026-12-24T00:00:00Z')).toMatchObject({ version: 2, priceNanos: 20_000n })
    expect(at('2024-06-01T00:00:00Z')).toMatchObject({
      refused: { code: 'pricing.no_book', field: 'time' },
      status: 422,
    })
  })

  it('R-10 starts from counters at zero: the same usage costs the same however often it is asked', () => {
    const call = { type: 'call.completed', requests: 1 }
    for (let time = 0; time < 4; time += 1) expect(estimate(call)).toMatchObject({ priceNanos: 0n })
  })

  it('R-10 its lines sum to the price and the cost, for every usage', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (input_tokens, output_tokens) => {
        const estimated = estimate({ model: 'gpt-4o', input_tokens, output_tokens })
        if ('refused' in estimated) throw new Error(estimated.refused.detail)
        const { priceLines, costLines, priceNanos, costNanos } = estimated
        const sum = (lines: typeof priceLines) => lines.reduce((total, { amount }) => total + amount, 0n)
        expect([sum(priceLines), sum(costLines)]).toEqual([priceNanos, costNanos])
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['M-10', { ...usage, input_tokens: -1 }, 'quantity.malformed', 'input_tokens', 400],
    ['M-12', { ...usage, cached_input_tokens: 1201 }, 'quantity.part_exceeds_total', 'cached_input_tokens', 400],
    ['M-10', { output_tokens: 1 }, 'model.missing', 'model', 400],
    ['M-10', { model: 'gpt-4o' }, 'quantity.missing', undefined, 400],
    ['M-10', { ...usage, type: 'tokens.dreamt' }, 'meter.unknown', 'type', 400],
    ['M-10', { ...usage, time: 'tomorrow' }, 'time.malformed', 'time', 400],
    ['R-4', { ...usage, model: 'gpt-99' }, 'model.unknown', 'model', 422],
    ['R-4', { type: 'resource.used', gpu_seconds: 1 }, 'pricing.no_charge', undefined, 422],
  ])('R-10 %s refuses what rating would reject, with its code and the field: %j', (_, sent, code, field, status) => {
    const estimated = estimate(sent)
    expect(estimated).toMatchObject({ refused: { code }, status })
    expect('refused' in estimated && estimated.refused.field).toBe(field)
  })

  it('R-10 an amount that no transfer could hold is refused, not rounded', () => {
    expect(estimate({ ...usage, input_tokens: '999999999999999999' })).toMatchObject({ status: 422 })
  })

  it('I-4 of another workspace is refused; an operator may name any, or none', () => {
    const other = { ...usage, workspace_id: '01900000-0000-7000-8000-000000000002' }
    expect(estimate(other)).toMatchObject({ refused: { code: 'workspace.contradiction' }, status: 400 })
    for (const sent of [other, usage])
      expect(
        estimateUsage(sent, {
          nowMs,
          workspaceId: undefined,
          catalog,
          subscribed,
          subscriptions: noSubscriptions,
        }),
      ).toMatchObject({ priceNanos: 5_750_000n })
  })
})
