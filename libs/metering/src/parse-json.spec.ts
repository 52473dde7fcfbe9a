import fc from 'fast-check'
import { isExactNumber } from './exact-number.ts'
import { parseJsonExactly } from './parse-json.ts'

const valueOf = (text: string | Uint8Array) => {
  const parsed = parseJsonExactly(text)
  if ('refused' in parsed) throw new Error(parsed.refused.code)
  return parsed.value
}
const codeOf = (text: string | Uint8Array) => {
  const parsed = parseJsonExactly(text)
  return 'refused' in parsed ? parsed.refused.code : undefined
}

describe('parseJsonExactly', () => {
  it('reads ordinary JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        fc.pre(!/\d[eE]|-0|\d{16}|\d\.0/.test(text))
        expect(parseJsonExactly(text)).toEqual({ value: JSON.parse(text) })
        expect(parseJsonExactly(Buffer.from(text))).toEqual({ value: JSON.parse(text) })
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['{"n":9007199254740993}', '9007199254740993'],
    ['{"n":123456789012345678}', '123456789012345678'],
    ['[ {"n" :\n 9007199254740993 }]', undefined],
    ['{"n":9007199254740991}', 9007199254740991],
    ['{"n":1200}', 1200],
    ['{"n":0.7}', 0.7],
    ['{"n":1e-7}', 1e-7],
  ])('M-10 loses no digit of %s', (text, expected) => {
    const value = valueOf(text)
    const found = Array.isArray(value) ? value[0].n : (value as { n: unknown }).n
    expect(found).toBe(expected ?? '9007199254740993')
  })

  it.each([
    '1e3',
    '1E3',
    '1.2e3',
    '1200.0',
    '1.00',
    '1e400',
    '-1e400',
    '1234567890123456789',
    '-9007199254740993',
    '123456789012345.00000000000000001',
  ])('M-10 keeps the form of %s, which a double cannot tell from a whole number', (source) => {
    for (const text of [`{"n":${source}}`, `[ ${source} ]`, `{"a":[1,\t${source}]}`]) {
      const exact: unknown[] = []
      const collect = (value: unknown): void => {
        if (isExactNumber(value)) exact.push(value.rawJSON)
        else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect)
      }
      collect(valueOf(text))
      expect(exact).toEqual([source])
      expect(JSON.stringify(valueOf(text))).toBe(text.replaceAll(/\s/g, ''))
    }
  })

  it('M-10 whatever number is written: a whole number that comes out is exactly the one that was written', () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,20})$/)
    const fraction = fc.option(fc.stringMatching(/^\d{1,20}$/), { nil: undefined })
    const exponent = fc.option(fc.stringMatching(/^[eE][+-]?\d{1,3}$/), { nil: undefined })
    fc.assert(
      fc.property(digits, fraction, exponent, fc.constantFrom(':', ' : ', ':\n'), (whole, part, power, colon) => {
        const source = whole + (part === undefined ? '' : `.${part}`) + (power ?? '')
        const { n } = valueOf(`{"n"${colon}${source}}`) as { n: unknown }
        if (typeof n === 'number' && Number.isInteger(n)) expect(String(n)).toBe(source)
        if (typeof n === 'string') expect(n).toBe(source)
        if (isExactNumber(n)) expect(n.rawJSON).toBe(source)
      }),
      { numRuns: 2_000 },
    )
  })

  it('refuses bytes that are not UTF-8 instead of replacing them', () => {
    expect(codeOf(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toBe('json.not_utf8')
    expect(codeOf(Buffer.from('{"a":"é"}', 'latin1'))).toBe('json.not_utf8')
  })

  it('takes a byte order mark for what it is', () => {
    expect(valueOf(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 })
  })

  it('refuses what is not JSON, with a message no database chokes on', () => {
    for (const text of [
      '',
      '{',
      '{"a":NaN}',
      '{"a":Infinity}',
      "{'a':1}",
      '{"a":01}',
      '\0',
      '{"a":"\u0001"}',
      '{} x',
    ]) {
      const parsed = parseJsonExactly(text)
      expect(parsed).toMatchObject({ refused: { code: 'json.malformed' } })
      if ('refused' in parsed) expect(parsed.refused.detail).not.toMatch(/\p{Cc}/u)
    }
  })

  it.each([1_000, 100_000, 500_000])('refuses %i levels of nesting without exhausting the stack', (levels) => {
    expect(codeOf('['.repeat(levels) + ']'.repeat(levels))).toBe('json.too_deep')
    expect(codeOf('{"a":'.repeat(levels) + '1e3' + '}'.repeat(levels))).toBe('json.too_deep')
    expect(codeOf('['.repeat(levels))).toBe('json.malformed')
  })

  it('makes __proto__ an ordinary member that changes nothing', () => {
    for (const n of ['1', '1e3']) {
      const value = valueOf(`{"__proto__":{"polluted":${n}},"constructor":{"prototype":{"polluted":1}}}`) as object
      expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    }
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(Object.keys(parseJsonExactly(bytes))).toHaveLength(1)
      }),
      { numRuns: 1_000 },
    )
  })
})
