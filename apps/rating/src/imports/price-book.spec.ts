import fc from 'fast-check'
import type { BookContent, Charge } from '@portitor/contracts'
import { parseRate } from '@portitor/money'
import { checkBook } from '../catalog/check-book.ts'
import { priceBook } from './price-book.ts'
import { readPricePackage } from './provider-price-package.ts'
import { costBook } from './provider-prices.ts'
import { startMeters } from '../catalog/start-meters.ts'

const { source, providers } = await readPricePackage()
const cost = costBook(providers, { name: source, at: new Date('2026-11-21T09:00:00Z') })

const book = (...charges: Charge[]): BookContent => ({ ...cost, charges })
const perUnit = (rate: string): Charge => ({
  id: 'a',
  meters: ['requests'],
  price: { model: 'per_unit', rate, per: '1000' },
})
const rateOf = (content: BookContent) => (content.charges[0]!.price as { rate: string }).rate

/** Every rate of a book in the order it stands there. */
function ratesOf(content: BookContent): string[] {
  return content.charges.flatMap(({ price }) => {
    if (price.model === 'per_unit') return [price.rate]
    if (price.model === 'graduated') return price.tiers.map(({ rate }) => rate)
    if (price.model !== 'matrix') throw new Error(`no rates are read of ${price.model}`)
    return price.rows.flatMap(({ bands }) => bands.flatMap(({ rates }) => Object.values(rates)))
  })
}
/** Decimal text as an integer in 10⁻⁴⁰, by padding alone. */
function scaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(40, '0'))
}

describe('the price book that follows from a cost book', () => {
  it('R-5 is cost × 1.30, exactly, for every rate of the start book', () => {
    const costs = ratesOf(cost)
    const prices = ratesOf(priceBook(cost, '1.30'))
    expect(costs.length).toBeGreaterThan(3_000)
    expect(prices.length).toBe(costs.length)
    expect(costs.filter((rate, index) => scaled(rate) * 13n !== scaled(prices[index]!) * 10n)).toEqual([])
  })

  it('R-4 the start books of both sides can be published', () => {
    const known = { meters: startMeters, currency: undefined }
    expect(checkBook('cost', cost, known)).toEqual([])
    expect(checkBook('price', priceBook(cost, '1.30'), known)).toEqual([])
  })

  it('R-5 names the markup and leaves everything but rates as it is', () => {
    const price = priceBook(cost, '1.30')
    expect(price.source).toBe(`${source}, cost × 1.30`)
    expect(priceBook(cost, '1')).toEqual({ ...cost, source: `${source}, cost × 1` })
  })

  it('R-5 is exact for any rate and markup whose product has at most 18 digits after the point', () => {
    const decimal = (digits: number) =>
      fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.integer({ min: 0, max: digits })).map(([value, places]) => {
        const text = value.toString().padStart(places + 1, '0')
        return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`
      })
    fc.assert(
      fc.property(decimal(12), decimal(6), (rate, markup) => {
        expect(scaled(rateOf(priceBook(book(perUnit(rate)), markup)))).toBe(
          (scaled(rate) * scaled(markup)) / 10n ** 40n,
        )
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-5 rounds half-even at the 18th digit where a product needs more', () => {
    expect(rateOf(priceBook(book(perUnit('0.000000000000000001')), '0.5'))).toBe('0')
    expect(rateOf(priceBook(book(perUnit('0.000000000000000003')), '0.5'))).toBe('0.000000000000000002')
    expect(rateOf(priceBook(book(perUnit('0.08333333333333334')), '1.333'))).toBe('0.111083333333333342')
  })

  it('R-5 marks up every tier and keeps its limits', () => {
    const tiers = [
      { up_to: '10', rate: '2', flat_amount: '100' },
      { up_to: null, rate: '1.5' },
    ]
    const graduated: Charge = { id: 'a', meters: ['requests'], price: { model: 'graduated', per: '1', tiers } }
    expect(priceBook(book(graduated), '1.3').charges[0]!.price).toEqual({
      model: 'graduated',
      per: '1',
      tiers: [
        { up_to: '10', rate: '2.6', flat_amount: '130' },
        { up_to: null, rate: '1.95' },
      ],
    })
  })

  it('R-5 writes rates that can be read again', () => {
    for (const rate of ratesOf(priceBook(cost, '1.337'))) expect(() => parseRate(rate)).not.toThrow()
  })
})
