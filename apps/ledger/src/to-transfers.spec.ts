import { MoneyOverflow } from '@portitor/money'
import fc from 'fast-check'
import { ratedUsage, ratedUsageArbitrary } from './rated-usage.fixture.ts'
import { toTransfers, type Transfer } from './to-transfers.ts'

const sides = ({ debit, credit, amountNanos }: Transfer) => [debit.kind, credit.kind, amountNanos]
/** What a transfer moves in the direction of owing: negative where the sides are swapped. */
const owed = ({ debit, amountNanos }: Transfer) => (/^(receivable|cogs):/.test(debit.kind) ? amountNanos : -amountNanos)

describe('toTransfers', () => {
  it('L-3 makes one price transfer per charge and one cost transfer per event', () => {
    const { price, cost } = toTransfers(
      ratedUsage({ price: { tokens: 130n, requests: 5n }, cost: { tokens: 90n, images: 10n } }),
    )
    expect(price.map(sides)).toEqual([
      ['receivable:2023-11', 'revenue:tokens:2023-11', 130n],
      ['receivable:2023-11', 'revenue:requests:2023-11', 5n],
    ])
    expect(price.map(({ charge, version }) => [charge, version])).toEqual([
      ['tokens', 3],
      ['requests', 3],
    ])
    expect(cost.map(sides)).toEqual([['cogs:openai', 'provider_payable:openai', 100n]])
    expect(cost.map(({ charge, version }) => [charge, version])).toEqual([[null, 7]])
  })

  it('L-3 makes no transfer of zero', () => {
    const { price, cost } = toTransfers(
      ratedUsage({ price: { tokens: 0n, requests: 1n }, cost: { tokens: 4n, images: -4n } }),
    )
    expect(price.map(({ charge }) => charge)).toEqual(['requests'])
    expect(cost).toEqual([])
  })

  it('L-3 swaps the sides of a negative difference', () => {
    const { price, cost } = toTransfers(ratedUsage({ price: { tokens: -7n }, cost: { tokens: -3n } }))
    expect(price.map(sides)).toEqual([['revenue:tokens:2023-11', 'receivable:2023-11', 7n]])
    expect(cost.map(sides)).toEqual([['provider_payable:openai', 'cogs:openai', 3n]])
  })

  it('L-2 takes the period from the effective time in UTC, wherever the event says it happened', () => {
    const at = (time: string) => toTransfers(ratedUsage({ price: { tokens: 1n } }, { time })).price[0]!.debit.kind
    expect(at('2023-11-30T23:59:59.999Z')).toBe('receivable:2023-11')
    expect(at('2023-11-30T23:59:59-01:00')).toBe('receivable:2023-12')
    expect(at('2024-01-01T00:30:00+01:00')).toBe('receivable:2023-12')
  })

  it('M-8 an adjustment is owed in the period it is billed in, and its revenue names both', () => {
    const usage = ratedUsage({ price: { tokens: 5n } }, { period: '2023-11-15', billed_in: '2023-12-15' })
    expect(toTransfers(usage).price.map(sides)).toEqual([
      ['receivable:2023-12-15', 'revenue:tokens:2023-12-15:2023-11-15', 5n],
    ])
    const inTime = ratedUsage({ price: { tokens: 5n } }, { period: '2023-11-15' })
    expect(toTransfers(inTime).price.map(sides)).toEqual([['receivable:2023-11-15', 'revenue:tokens:2023-11-15', 5n]])
  })

  it('R-9 both records of a correction make transfers of their own, one for each charge and version', () => {
    const first = ratedUsage({ price: { tokens: 9n }, cost: { tokens: 4n } })
    const corrected = (sign: bigint, version: number, more: object) => {
      const usage = ratedUsage({ price: { tokens: 9n * sign }, cost: { tokens: 4n * sign } }, { revision: 1, ...more })
      return { ...usage, charges: usage.charges.map((charge) => ({ ...charge, version })) }
    }
    const made = [first, corrected(-1n, 3, { reverses: true }), corrected(2n, 4, {})].map(toTransfers)
    const all = made.flatMap(({ price, cost }) => [...price, ...cost])
    expect(all.map((transfer) => owed(transfer))).toEqual([9n, 4n, -9n, -4n, 18n, 8n])
    expect(new Set(all.map(({ id }) => id.toString('hex'))).size).toBe(6)
  })

  it('L-3 adds up a charge that stands in an event twice', () => {
    const usage = ratedUsage({ price: { tokens: 5n } }, { price_nanos: '12' })
    usage.charges.push({ side: 'price', charge: 'tokens', version: 3, amount_nanos: '7' })
    expect(toTransfers(usage).price.map(sides)).toEqual([['receivable:2023-11', 'revenue:tokens:2023-11', 12n]])
  })

  it('L-3 books a cost without a provider under its own name and never drops it', () => {
    const { provider: _, ...usage } = ratedUsage({ cost: { tokens: 9n } })
    expect(toTransfers(usage).cost.map(sides)).toEqual([['cogs:unknown', 'provider_payable:unknown', 9n]])
  })

  it('L-3 refuses an event whose charges do not add up to what it says', () => {
    expect(() => toTransfers(ratedUsage({ price: { tokens: 5n } }, { price_nanos: '6' }))).toThrow(
      'price of 5, and it says 6',
    )
    expect(() => toTransfers(ratedUsage({ cost: { tokens: 5n } }, { cost_nanos: '0' }))).toThrow(
      'cost of 5, and it says 0',
    )
  })

  it('L-1 refuses an amount that one transfer cannot hold', () => {
    expect(() => toTransfers(ratedUsage({ price: { tokens: 2n ** 63n } }))).toThrow(MoneyOverflow)
    expect(() => toTransfers(ratedUsage({ cost: { tokens: -(2n ** 63n) } }))).toThrow(MoneyOverflow)
    expect(toTransfers(ratedUsage({ price: { tokens: 2n ** 63n - 1n } })).price[0]!.amountNanos).toBe(2n ** 63n - 1n)
  })

  it('L-3 Σ price transfers of an event is its price, Σ cost its cost, and every amount is above zero', () => {
    fc.assert(
      fc.property(ratedUsageArbitrary(fc.string()), (usage) => {
        const { price, cost } = toTransfers(usage)
        const transfers = [...price, ...cost]
        expect(price.reduce((sum, transfer) => sum + owed(transfer), 0n)).toBe(BigInt(usage.price_nanos))
        expect(cost.reduce((sum, transfer) => sum + owed(transfer), 0n)).toBe(BigInt(usage.cost_nanos))
        expect(cost.length).toBeLessThan(2)
        for (const { amountNanos, debit, credit } of transfers) {
          expect(amountNanos > 0n).toBe(true)
          expect(debit.id).not.toBe(credit.id)
          expect(debit.currency).toBe(usage.currency)
        }
        expect(new Set(transfers.map(({ id }) => id.toString('hex'))).size).toBe(transfers.length)
      }),
    )
  })
})
