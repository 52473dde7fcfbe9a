import fc from 'fast-check'
import { parseNanos } from './amount.ts'
import { formatAmount, groupThousands } from './format.ts'

describe('amounts for people', () => {
  it.each([
    [1_234_560_000_000n, 'USD', undefined, '$1,234.56'],
    [-1n, 'USD', undefined, '−$0.000000001'],
    [0n, 'USD', undefined, '$0.00'],
    [2_500_000n, 'USD', undefined, '$0.0025'],
    [1_000_000_000_000_000_000n, 'USD', undefined, '$1,000,000,000.00'],
    [1_500_000_000_000n, 'JPY', 0, '¥1,500'],
    [1_500_000_000_000n, 'JPY', undefined, '¥1,500'],
    [1_234_000_000n, 'KWD', undefined, 'KWD\u00a01.234'],
    [1_005_000_000n, 'USD', 2, '$1.00'],
    [1_015_000_000n, 'EUR', 2, '€1.02'],
    [-4_000_000n, 'USD', 2, '$0.00'],
    [1_234_567_890n, 'USD', 9, '$1.234567890'],
  ])('%d nano-%s at %p digits reads %s', (nanos, currency, digits, text) => {
    expect(formatAmount(nanos, currency, digits)).toBe(text)
  })

  it('Money: without a number of digits nothing is lost', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (nanos) => {
        const [whole, fraction = ''] = formatAmount(nanos, 'USD').replace(/[$,]/g, '').replace('−', '-').split('.')
        expect(parseNanos(whole + fraction.padEnd(9, '0'))).toBe(nanos)
      }),
      { numRuns: 1_000 },
    )
  })

  it('refuses more digits than an amount has', () => {
    expect(() => formatAmount(1n, 'USD', 10)).toThrow(RangeError)
    expect(() => formatAmount(1n, 'USD', 1.5)).toThrow(RangeError)
  })

  it('groups only the whole part', () => {
    expect(groupThousands('1234567.1234567')).toBe('1,234,567.1234567')
    expect(groupThousands('123')).toBe('123')
  })
})
