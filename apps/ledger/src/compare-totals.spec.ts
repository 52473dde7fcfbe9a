import { compareTotals, type AnalyticsTotals, type LedgerTotals, type RatingTotals } from './compare-totals.ts'

const usd = (priceNanos: bigint, costNanos: bigint) => ({ currency: 'USD', priceNanos, costNanos })
const eur = (priceNanos: bigint, costNanos: bigint) => ({ currency: 'EUR', priceNanos, costNanos })

const ledger: LedgerTotals = {
  events: 10n,
  rejected: 0n,
  currencies: [usd(130n, 100n)],
  sides: [{ currency: 'USD', debits: 230n, credits: 230n }],
  wrongAccounts: 0n,
  wrongExample: null,
}
const rating: RatingTotals = {
  accepted: 15n,
  duplicates: 2n,
  rejected: 3n,
  rated: 10n,
  unread: 0n,
  atCut: { events: 10n, currencies: [usd(130n, 100n)] },
}
const analytics: AnalyticsTotals = { reached: true, events: 10n, currencies: [usd(130n, 100n)] }

const failing = (result: ReturnType<typeof compareTotals>) => result.differences.map(({ check }) => check)

describe('compareTotals', () => {
  it('L-11 answers exactly the promised fields when all agree', () => {
    expect(compareTotals(ledger, rating, analytics)).toEqual({
      ok: true,
      accepted: 15,
      posted: 10,
      duplicates: 2,
      rejected: 3,
      pending: 0,
      ledger_price_nanos: '130',
      analytics_price_nanos: '130',
      ledger_cost_nanos: '100',
      analytics_cost_nanos: '100',
      differences: [],
    })
  })

  it('L-11 agrees about nothing at all', () => {
    const nothing = { events: 0n, currencies: [] }
    const result = compareTotals(
      { ...ledger, ...nothing, sides: [] },
      { accepted: 0n, duplicates: 0n, rejected: 0n, rated: 0n, unread: 0n, atCut: nothing },
      { reached: true, ...nothing },
    )
    expect(result).toMatchObject({ ok: true, accepted: 0, posted: 0, pending: 0, ledger_price_nanos: '0' })
  })

  it('L-11 counts as pending what is unread, what is rated beyond the cut, and what analytics has not got yet', () => {
    const busy = { ...rating, accepted: 15n + 4n + 6n, unread: 4n, rated: 16n }
    const behind = { reached: false, events: 7n, currencies: [usd(90n, 70n)] }
    expect(compareTotals(ledger, busy, analytics)).toMatchObject({ ok: true, posted: 10, pending: 10, differences: [] })
    expect(compareTotals(ledger, busy, behind)).toMatchObject({ ok: false, posted: 7, pending: 13, differences: [] })
  })

  it('L-11 puts other currencies apart', () => {
    const both = [eur(5n, 4n), usd(130n, 100n)]
    const result = compareTotals(
      { ...ledger, currencies: both, sides: [...ledger.sides, { currency: 'EUR', debits: 9n, credits: 9n }] },
      { ...rating, atCut: { ...rating.atCut, currencies: both } },
      { ...analytics, currencies: both },
    )
    expect(result).toMatchObject({
      ok: true,
      ledger_price_nanos: '130',
      other_currencies: [
        {
          currency: 'EUR',
          ledger_price_nanos: '5',
          analytics_price_nanos: '5',
          ledger_cost_nanos: '4',
          analytics_cost_nanos: '4',
        },
      ],
    })
  })

  const cases: [
    name: string,
    checks: string[],
    ledger: Partial<LedgerTotals>,
    rating: Partial<RatingTotals>,
    analytics: Partial<AnalyticsTotals>,
  ][] = [
    ['an accepted event that is nowhere', ['events.accounted'], {}, { accepted: 16n }, {}],
    ['a duplicate that was counted twice', ['events.accounted'], {}, { duplicates: 3n }, {}],
    [
      'a rated event that was never posted',
      ['events.accounted', 'events.rated_log', 'events.analytics'],
      { events: 9n },
      {},
      {},
    ],
    ['an event posted twice', ['events.accounted', 'events.rated_log', 'events.analytics'], { events: 11n }, {}, {}],
    ['one nano of price too much', ['price.rated_log', 'price.analytics'], { currencies: [usd(131n, 100n)] }, {}, {}],
    ['one nano of cost lost in analytics', ['cost.analytics'], {}, {}, { currencies: [usd(130n, 99n)] }],
    ['a currency that analytics does not have', ['price.analytics', 'cost.analytics'], {}, {}, { currencies: [] }],
    ['a currency that only analytics has', ['price.analytics'], {}, {}, { currencies: [usd(130n, 100n), eur(1n, 0n)] }],
    ['an event that analytics has twice', ['events.analytics'], {}, {}, { events: 11n }],
    ['an event lost in analytics', ['events.analytics'], {}, {}, { events: 9n }],
    [
      'debits that are not credits',
      ['ledger.balanced'],
      { sides: [{ currency: 'USD', debits: 230n, credits: 229n }] },
      {},
      {},
    ],
    [
      'a balance that is not the sum of its transfers',
      ['ledger.balances'],
      { wrongAccounts: 1n, wrongExample: 'w cogs:x' },
      {},
      {},
    ],
  ]
  it.each(cases)('L-11 finds %s', (_, checks, ours, theirs, rollups) => {
    const result = compareTotals({ ...ledger, ...ours }, { ...rating, ...theirs }, { ...analytics, ...rollups })
    expect(result.ok).toBe(false)
    expect(failing(result)).toEqual(checks)
  })

  it('L-11 says what was expected, what was found, and what the ledger dead-lettered', () => {
    const { differences } = compareTotals({ ...ledger, events: 9n, rejected: 1n }, rating, analytics)
    expect(differences.find(({ check }) => check === 'events.rated_log')).toEqual({
      check: 'events.rated_log',
      expected: '10',
      actual: '9',
      detail: expect.stringContaining('the ledger dead-lettered 1'),
    })
  })
})
