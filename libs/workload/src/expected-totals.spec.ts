import fc from 'fast-check'
import { exampleBook, exampleCatalog } from './catalog.fixture.ts'
import { Expectation } from './expected-totals.ts'

const nowMs = Date.UTC(2025, 5, 1)
const workspaces = ['018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002']
let ids = 0
const event = (data: object, { time = '2025-01-10T00:00:00Z', workspace = 0, type = 'tokens.consumed' } = {}) => ({
  specversion: '1.0',
  id: `event-${ids++}`,
  source: 'spec',
  type,
  time,
  subject: workspaces[workspace],
  data,
})
const small = (input_tokens: number, more: object = {}) => ({
  provider: 'example',
  model: 'small',
  input_tokens,
  ...more,
})

/** quantity × nanos per million, rounded half-even once: arithmetic of this spec's own. */
function owed(quantity: number, nanosPerMillion: bigint): bigint {
  const product = BigInt(quantity) * nanosPerMillion
  const whole = product / 1_000_000n
  const rest = product % 1_000_000n
  return rest > 500_000n || (rest === 500_000n && whole % 2n === 1n) ? whole + 1n : whole
}

function totalsOf(events: readonly object[], catalog = exampleCatalog) {
  const expectation = new Expectation(catalog)
  for (const one of events) expectation.add(one, nowMs)
  return expectation.totals()
}

describe('what events must come to', () => {
  it('R-2 a segment owes F of its sum, rounded once: not the sum of rounded events', () => {
    const totals = totalsOf([event(small(1)), event(small(1)), event(small(1))])
    expect([totals.costNanos, totals.priceNanos]).toEqual([1n, 2n])
  })

  it('R-2 workspaces, months, models, kinds and context bands are segments of their own', () => {
    const totals = totalsOf([
      event(small(1_000, { cached_input_tokens: 400, output_tokens: 7 })),
      event(small(5), { workspace: 1 }),
      event(small(5), { time: '2025-02-01T00:00:00Z' }),
      event({ provider: 'example', model: 'banded', input_tokens: 1_000 }),
      event({ provider: 'example', model: 'banded', input_tokens: 1_001 }),
    ])
    const first = owed(600, 333_333n) + owed(400, 111_111n) + owed(7, 777_777n)
    const [second, third] = [owed(5, 333_333n), owed(5, 333_333n)]
    const banded = owed(1_000, 1_500_001n) + owed(1_001, 2_500_001n)
    expect(totals.costNanos).toBe(first + second + third + banded)
    expect(totals).toMatchObject({ events: 5, inputTokens: 3_011, cachedInputTokens: 400, outputTokens: 7 })
    expect(totals.byModel.get('example/banded')).toMatchObject({ events: 2, costNanos: banded })
    expect(totals.byWorkspace.get(workspaces[1]!)).toMatchObject({ events: 1, costNanos: second })
  })

  it('R-2 the order of events changes nothing, and models and workspaces add up to the whole', () => {
    const one = fc.record({
      workspace: fc.nat(1),
      model: fc.constantFrom('small', 'banded'),
      input_tokens: fc.nat(3_000),
      output_tokens: fc.nat(3_000),
    })
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 30 }), (rows) => {
        const events = rows.map(({ workspace, ...data }) => event({ provider: 'example', ...data }, { workspace }))
        const totals = totalsOf(events)
        expect(totalsOf(events.toReversed())).toMatchObject({
          priceNanos: totals.priceNanos,
          costNanos: totals.costNanos,
        })
        for (const parts of [totals.byModel, totals.byWorkspace])
          for (const field of ['priceNanos', 'costNanos'] as const)
            expect([...parts.values()].reduce((all, part) => all + part[field], 0n)).toBe(totals[field])
      }),
      { numRuns: 100 },
    )
  })

  it('R-4 a version counts from its beginning on; R-2 where a charge has tiers, from the next month on', () => {
    const later = exampleBook('cost', 2, { from: '2025-01-15T00:00:00Z', times: 3n })
    const catalog = { ...exampleCatalog, cost: [...exampleCatalog.cost, later] }
    const tokens = ['2025-01-14T23:59:59Z', '2025-01-15T00:00:00Z'].map((time) => event(small(999_999), { time }))
    expect(totalsOf(tokens, catalog).costNanos).toBe(owed(999_999, 333_333n) + owed(999_999, 999_999n))
    const images = ['2025-01-14T00:00:00Z', '2025-01-20T00:00:00Z', '2025-02-01T00:00:00Z'].map((time) =>
      event({ images: 8 }, { time, type: 'resource.used' }),
    )
    expect(totalsOf(images, catalog).costNanos).toBe(10n * 10n + 6n * 7n + 8n * 30n)
  })

  it('R-4 an event that no row prices stands in no total and is named by its code', () => {
    const expectation = new Expectation(exampleCatalog)
    expect(expectation.add(event({ provider: 'example', model: 'unknown', input_tokens: 1 }), nowMs)?.code).toBe(
      'model.unknown',
    )
    expect(expectation.add(event(small(1, { cached_input_tokens: 2 })), nowMs)?.code).toBe(
      'quantity.part_exceeds_total',
    )
    // The second is refused by ingestion itself, which counts it in its answer.
    expect(expectation.totals()).toMatchObject({ events: 0, unpriced: 1, refused: new Map([['model.unknown', 1]]) })
  })
})
