import fc from 'fast-check'
import { payloadHash, withoutStamps, writeJson } from './canonical.ts'
import { parseJsonExactly } from './parse-json.ts'

const event = {
  specversion: '1.0',
  id: 'req-42',
  source: 'my-app',
  type: 'tokens.consumed',
  data: { model: 'gpt-4o', input_tokens: 1200, metadata: { b: [1, 2], a: 'é' } },
}
const hex = (raw: object) => payloadHash(raw as Record<string, unknown>).toString('hex')
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  )
}

describe('payloadHash', () => {
  it('M-5 is the first half of SHA-256 over canonical JSON', () => {
    expect(payloadHash({ b: 'x', a: 'y' })).toEqual(
      // printf '{"a":"y","b":"x"}' | sha256sum
      Buffer.from('7951deff61d4304af5863a13c2ef570f', 'hex'),
    )
  })

  it('M-5 does not depend on the order of members', () => {
    expect(hex(shuffled(event) as object)).toBe(hex(event))
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        fc.pre(!JSON.stringify(data).includes('\\u'))
        expect(hex({ ...event, data: shuffled(data) })).toBe(hex({ ...event, data }))
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    { subject: '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e' },
    { portitorreceived: '2026-11-21T09:00:00.000Z' },
    { portitoranything: 5 },
    { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    { tracestate: 'a=b' },
    { datacontenttype: 'application/json' },
    { time: null },
  ])('M-5 is not moved by %j, which is ours or the way it came', (added) => {
    expect(hex({ ...event, ...added })).toBe(hex(event))
  })

  it.each([
    { id: 'req-43' },
    { time: '2026-11-21T09:00:00Z' },
    { sequence: '1' },
    { data: { ...event.data, input_tokens: 1201 } },
    { data: { ...event.data, input_tokens: '1200' } },
    { data: { ...event.data, metadata: { b: [2, 1], a: 'é' } } },
    { data: { ...event.data, extra: null } },
  ])('M-5 differs with %j', (changed) => {
    expect(hex({ ...event, ...changed })).not.toBe(hex(event))
  })

  it('M-5 takes a number or boolean attribute for its text, as headers do', () => {
    expect(hex({ ...event, sequence: 5 })).toBe(hex({ ...event, sequence: '5' }))
    expect(hex({ ...event, sampled: true })).toBe(hex({ ...event, sampled: 'true' }))
  })

  it('M-5 writes numbers by their value', () => {
    const read = (text: string) => (parseJsonExactly(text) as { value: object }).value
    expect(hex(read('{"data":{"a":1.0,"b":1e3,"c":0.10}}'))).toBe(hex({ data: { a: 1, b: 1000, c: 0.1 } }))
    expect(hex(read('{"data":{"a":12345678901234567890}}'))).not.toBe(hex(read('{"data":{"a":12345678901234567891}}')))
  })
})

describe('writeJson', () => {
  it('orders keys by UTF-16 code units and writes strings and numbers as RFC 8785 does', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, ö: 7 }
    expect(Object.values(JSON.parse(writeJson(value)) as object)).toEqual([4, 2, 6, 7, 1, 5, 3])
    expect(writeJson([1e21, 1e-7, -0, 4.5, 333333333.3333333])).toBe('[1e+21,1e-7,0,4.5,333333333.3333333]')
    expect(writeJson('\u20ac$\u000f\nA\'B"\\"/')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/"')
  })

  it('says the same as JSON.stringify, save for order', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value)))
        expect(JSON.parse(writeJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('is the same text again when it is read back exactly', () => {
    const number = fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,18})?([eE][+-]?\d{1,3})?$/)
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), (numbers) => {
        const once = writeJson((parseJsonExactly(`[${numbers.join(',')}]`) as { value: unknown }).value)
        const twice = writeJson((parseJsonExactly(once) as { value: unknown }).value)
        expect(twice).toBe(once)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('withoutStamps', () => {
  it('leaves out what only we may stamp, and nothing else', () => {
    expect(withoutStamps({ id: '1', portitorreceived: 'x', portitor: 1, data: { portitorreceived: 'y' } })).toEqual({
      id: '1',
      data: { portitorreceived: 'y' },
    })
    expect(withoutStamps(event)).toBe(event)
  })
})
