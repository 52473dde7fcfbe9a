import { compareBills } from './compare-bills.ts'

const totals = (priceNanos: bigint) => ({
  events: 1,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  priceNanos,
  costNanos: 0n,
})
const expected = { byWorkspace: new Map([['id-1', totals(7n)]]) }
const bill = { usageNanos: 7n, feesNanos: 40n, trueUpNanos: 3n, adjustmentsNanos: -1n, totalNanos: 49n }
const names = new Map([['id-1', 'Acme']])

describe('holding a workload against the bills', () => {
  it('B-8 finds nothing where the usage was computed so and the lines are the total', () => {
    expect(compareBills(expected, new Map([['id-1', bill]]), names)).toEqual([])
    expect(compareBills(expected, new Map(), names)).toEqual([])
  })

  it('B-8 names a nano of usage that was not computed, and a total that its lines are not', () => {
    const bills = new Map([['id-1', { ...bill, usageNanos: 8n }]])
    expect(compareBills(expected, bills, names)).toEqual([
      'usage on the bill of Acme: computed 7, found 8',
      'total of the bill of Acme: its lines are 50, found 49',
    ])
  })
})
