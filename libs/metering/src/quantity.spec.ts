import fc from 'fast-check'
import { formatQuantity } from '@portitor/money'
import { isExactNumber, parseKeepingNumbers } from './exact-number.ts'
import { readQuantity } from './quantity.ts'

describe('readQuantity', () => {
  it.each([
    [0, 0n],
    [1200, 1_200_000_000_000n],
    [Number.MAX_SAFE_INTEGER, 9_007_199_254_740_991_000_000_000n],
    ['0', 0n],
    ['12.5', 12_500_000_000n],
    ['0.000000001', 1n],
    ['999999999999999999', 999_999_999_999_999_999_000_000_000n],
    ['123456789.123456789', 123_456_789_123_456_789n],
  ])('M-10 takes %p', (value, expected) => {
    expect(readQuantity(value)).toBe(expected)
  })

  it.each([
    -1,
    -0,
    0.5,
    1e21,
    Number.NaN,
    Infinity,
    2 ** 53,
    true,
    null,
    undefined,
    [],
    [1],
    {},
    '',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '-0',
    '1e3',
    '0x10',
    '1,000',
    '1_000',
    '.5',
    '1.',
    '1.1234567891',
    '1234567890123456789',
    '1234567890.123456789',
    'NaN',
    'Infinity',
    '١٢',
    '1\n',
  ])('M-10 refuses %p', (value) => {
    expect(readQuantity(value)).toBeUndefined()
  })

  it('M-10 refuses the exact numbers that a double would have made whole', () => {
    const values = parseKeepingNumbers('[1e3, 1200.0, 1234567890123456789]') as unknown[]
    expect(values.every(isExactNumber)).toBe(true)
    expect(values.map(readQuantity)).toEqual([undefined, undefined, undefined])
  })

  it('M-10 keeps every digit of whatever it takes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(0|[1-9]\d{0,8})(\.\d{0,8}[1-9])?$/), (text) => {
        expect(formatQuantity(readQuantity(text)!)).toBe(text)
      }),
      { numRuns: 1_000 },
    )
  })
})
