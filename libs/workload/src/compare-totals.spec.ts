import { compareTotals } from './compare-totals.ts'

const amounts = { priceNanos: 13n, costNanos: 10n }
const expected = { events: 2, ...amounts }
const fine = { ok: true, pending: 0, differences: [] }

describe('holding a workload against ledger and analytics', () => {
  it('L-11 finds nothing where everything is equal', () => {
    expect(compareTotals(expected, amounts, expected, fine)).toEqual([])
  })

  it.each<[string, Parameters<typeof compareTotals>, RegExp]>([
    [
      'a nano of price in the ledger',
      [expected, { ...amounts, priceNanos: 14n }, expected, fine],
      /^price in the ledger: computed 13, found 14$/,
    ],
    ['a nano of cost in the ledger', [expected, { ...amounts, costNanos: 9n }, expected, fine], /^cost in the ledger/],
    ['a nano of price in analytics', [expected, amounts, { ...expected, priceNanos: 0n }, fine], /^price in analytics/],
    ['a nano of cost in analytics', [expected, amounts, { ...expected, costNanos: 0n }, fine], /^cost in analytics/],
    [
      'an event that was free',
      [expected, amounts, { ...expected, events: 1 }, fine],
      /^events in analytics: computed 2, found 1$/,
    ],
    [
      'events on their way',
      [expected, amounts, expected, { ...fine, ok: false, pending: 3 }],
      /^3 accepted events are still/,
    ],
    [
      'a difference of the whole system',
      [
        expected,
        amounts,
        expected,
        { ...fine, ok: false, differences: [{ check: 'sums', expected: '1', actual: '2', detail: 'look' }] },
      ],
      /^reconciliation, sums: expected 1, found 2: look$/,
    ],
    [
      'a reconciliation that is not ok without saying why',
      [expected, amounts, expected, { ...fine, ok: false }],
      /names no difference$/,
    ],
  ])('L-11 names %s, and nothing else', (_, given, line) => {
    expect(compareTotals(...given)).toEqual([expect.stringMatching(line)])
  })
})
