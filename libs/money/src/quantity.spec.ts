import fc from 'fast-check'
import { formatQuantity, oneUnit, parseQuantity, quantityOfInteger } from './quantity.ts'

describe('quantities', () => {
  it.each([
    ['0', 0n],
    ['1200', 1200n * oneUnit],
    ['0.5', oneUnit / 2n],
    ['0.000000001', 1n],
    ['999999999999999999', 999999999999999999n * oneUnit],
    ['123456789.123456789', 123456789123456789n],
  ])('M-10 reads %s', (text, quantity) => {
    expect(parseQuantity(text)).toBe(quantity)
  })

  it.each([
    '',
    '-1',
    '-0',
    '+1',
    '1e3',
    '.5',
    '1.',
    '1.0000000000',
    '1234567890.123456789',
    '1'.repeat(19),
    ' 1',
    '1,000',
    'NaN',
    '١',
  ])('M-10 refuses %j', (text) => {
    expect(() => parseQuantity(text)).toThrow(RangeError)
  })

  it('M-10 takes JSON numbers only where they are whole and safe', () => {
    expect(quantityOfInteger(1200)).toBe(parseQuantity('1200'))
    expect(quantityOfInteger(Number.MAX_SAFE_INTEGER)).toBe(parseQuantity('9007199254740991'))
    for (const bad of [-1, 0.1, 2 ** 53, NaN, Infinity]) expect(() => quantityOfInteger(bad)).toThrow(RangeError)
  })

  it('M-10 writes what it reads, without trailing zeros', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), (quantity) => {
        const text = formatQuantity(quantity)
        expect(text).not.toMatch(/\.\d*0$|\.$/)
        expect(parseQuantity(text)).toBe(quantity)
      }),
      { numRuns: 1_000 },
    )
  })

  it('writes sums that are longer than any single quantity, and differences', () => {
    expect(formatQuantity(10n ** 37n)).toBe('1' + '0'.repeat(28))
    expect(formatQuantity(-oneUnit / 2n)).toBe('-0.5')
  })
})
