import { reportOf } from './replay-report.ts'
import type { Replayed } from './replay-workload.ts'
import { reportText } from './report-text.ts'

const totals = (events: number, priceNanos: bigint) => ({
  events,
  inputTokens: 1_200,
  cachedInputTokens: 200,
  outputTokens: 300,
  priceNanos,
  costNanos: 10n,
})
const all = totals(2, 13_000_000_001n)
const replayed: Replayed = {
  sent: { events: 3, accepted: 3, duplicates: 0, rejected: 0, reasons: [] },
  expected: {
    ...all,
    currency: 'USD',
    unpriced: 1,
    refused: new Map([['model.unknown', 1]]),
    subscribers: new Map([['id-2', { plans: new Set(['pro@1']), periods: new Set(['2025-01']) }]]),
    byModel: new Map([['openai/gpt-4o', all]]),
    byWorkspace: new Map([
      ['id-1', totals(1, 1n)],
      ['id-2', totals(1, 13_000_000_000n)],
    ]),
  },
  ledger: all,
  analytics: all,
  bills: new Map([
    [
      'id-2',
      {
        usageNanos: 13_000_000_000n,
        feesNanos: 20_000_000_000n,
        trueUpNanos: 0n,
        adjustmentsNanos: 0n,
        totalNanos: 33_000_000_000n,
      },
    ],
  ]),
  duplicates: 0,
  reconciliation: {
    ok: true,
    accepted: 3,
    posted: 2,
    duplicates: 0,
    rejected: 1,
    pending: 0,
    differences: [],
    ledger_price_nanos: '0',
    analytics_price_nanos: '0',
    ledger_cost_nanos: '0',
    analytics_cost_nanos: '0',
  },
  seconds: 1.5,
  workspaces: new Map([['id-2', 'Acme']]),
}

describe('the report of a replay', () => {
  it('writes amounts as decimal text to the nano, counts as numbers, the dearest workspace first', () => {
    const report = reportOf(replayed)
    expect(report).toMatchObject({
      events: 3,
      input_tokens: 1_200,
      cached_input_tokens: 200,
      output_tokens: 300,
      price_nanos: '13000000001',
      cost_nanos: '10',
      ledger_price_nanos: '13000000001',
      ledger_cost_nanos: '10',
      analytics_price_nanos: '13000000001',
      duplicates: 0,
      rejected: 1,
      seconds: 1.5,
      events_per_second: 2,
      reconciled: true,
    })
    expect(report.by_workspace.map(({ workspace, margin_nanos }) => [workspace, margin_nanos])).toEqual([
      ['Acme', '12999999990'],
      ['id-1', '-9'],
    ])
  })

  it('B-8 has of subscribers their plans and what the periods come to, fees included; the others owe their usage', () => {
    const report = reportOf(replayed)
    expect(report.by_workspace.map(({ plans, bill }) => ({ plans, bill }))).toEqual([
      {
        plans: ['pro@1'],
        bill: {
          periods: ['2025-01'],
          usage_nanos: '13000000000',
          fees_nanos: '20000000000',
          true_up_nanos: '0',
          adjustments_nanos: '0',
          total_nanos: '33000000000',
        },
      },
      { plans: [], bill: null },
    ])
    const text = reportText(report)
    expect(text).toMatch(/Acme +pro@1 +\$13\.00 +\$20\.00 +\$0\.00 +\$0\.00 +\$33\.00 +\$0\.00 +\$33\.00/)
    expect(text).toMatch(/id-1 +price book +\$0\.00 +\$0\.00 +\$0\.00 +\$0\.00/)
    const plain = { ...replayed, expected: { ...replayed.expected, subscribers: new Map() }, bills: new Map() }
    expect(reportText(reportOf(plain))).not.toContain('bill of')
  })

  it('B-8 is not reconciled where a bill has another usage than was computed', () => {
    const bill = { ...replayed.bills.get('id-2')!, usageNanos: 12_999_999_999n, totalNanos: 32_999_999_999n }
    const report = reportOf({ ...replayed, bills: new Map([['id-2', bill]]) })
    expect(report.differences).toEqual(['usage on the bill of Acme: computed 13000000000, found 12999999999'])
  })

  it('is not reconciled for one nano, and says where', () => {
    const report = reportOf({ ...replayed, ledger: { priceNanos: 13_000_000_000n, costNanos: 10n } })
    expect(report.reconciled).toBe(false)
    expect(report.differences).toEqual(['price in the ledger: computed 13000000001, found 13000000000'])
    expect(reportText(report)).toContain('NOT RECONCILED')
  })

  it('has tables for people and every cent exact at the end', () => {
    const text = reportText(reportOf(replayed))
    expect(text).toContain('3 events in 1.5 s (2 a second); 1 were rejected')
    expect(text).toMatch(/openai\/gpt-4o +2 +1,200 +300 +\$13\.00 +\$0\.00 +\$13\.00/)
    expect(text).toContain('ledger     price $13.000000001, cost $0.000000010')
    expect(text).toContain('rejected: 1 events: model.unknown')
  })
})
