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
    expect(sides(cost!)).toEqual(['cogs:openai', 'provider_payable:openai', 100n])
    expect([cost!.charge, cost!.version]).toEqual([null, 7])
  })

  it('L-3 makes no transfer of zero', () => {
    const { price, cost } = toTransfers(
      ratedUsage({ price: { tokens: 0n, requests: 1n }, cost: { tokens: 4n, images: -4n } }),
    )
    expect(price.map(({ charge }) => charge)).toEqual(['requests'])
    expect(cost).toBeUndefined()
  })

  it('L-3 swaps the sides of a negative difference', () => {
    const { price, cost } = toTransfers(ratedUsage({ price: { tokens: -7n }, cost: { tokens: -3n } }))
    expect(price.map(sides)).toEqual([['revenue:tokens:2023-11', 'receivable:2023-11', 7n]])
    expect(sides(cost!)).toEqual(['provider_payable:openai', 'cogs:openai', 3n])
  })

  it('L-2 takes the period from the effective time in UTC, wherever the event says it happened', () => {
    const at = (time: string) => toTransfers(ratedUsage({ price: { tokens: 1n } }, { time })).price[0]!.debit.kind
    expect(at('2023-11-30T23:59:59.999Z')).toBe('receivable:2023-11')
    expect(at('2023-11-30T23:59:59-01:00')).toBe('receivable:2023-12')
    expect(at('2024-01-01T00:30:00+01:00')).toBe('receivable:2023-12')
  })

  it('L-3 adds up a charge that stands in an event twice', () => {
    const usage = ratedUsage({ price: { tokens: 5n } }, { price_nanos: '12' })
    usage.charges.push({ side: 'price', charge: 'tokens', version: 3, amount_nanos: '7' })
    expect(toTransfers(usage).price.map(sides)).toEqual([['receivable:2023-11', 'revenue:tokens:2023-11', 12n]])
  })

  it('L-3 books a cost without a provider under its own name and never drops it', () => {
    const { provider: _, ...usage } = ratedUsage({ cost: { tokens: 9n } })
    expect(sides(toTransfers(usage).cost!)).toEqual(['cogs:unknown', 'provider_payable:unknown', 9n])
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
        const transfers = cost === undefined ? price : [...price, cost]
        expect(price.reduce((sum, transfer) => sum + owed(transfer), 0n)).toBe(BigInt(usage.price_nanos))
        expect(cost === undefined ? 0n : owed(cost)).toBe(BigInt(usage.cost_nanos))
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
