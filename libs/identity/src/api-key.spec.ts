import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { apiKeyHint, newApiKey, readApiKey } from './api-key.ts'

const anyKey = fc
  .tuple(fc.constantFrom('live' as const, 'test' as const, 'agent' as const), fc.infiniteStream(fc.nat(61)))
  .map(([kind, stream]) => newApiKey(kind, () => stream.next().value as number))

describe('API keys', () => {
  it('I-3 are ptr_<kind>_, 178 random bits in base62 and a checksum', () => {
    const key = newApiKey('live', randomInt)
    expect(key).toMatch(/^ptr_live_[0-9A-Za-z]{36}$/)
    expect(readApiKey(key)).toBe('live')
    expect(newApiKey('live', randomInt)).not.toBe(key)
  })

  it('I-3 tell their kind', () => {
    for (const kind of ['live', 'test', 'agent'] as const) expect(readApiKey(newApiKey(kind, randomInt))).toBe(kind)
  })

  it('I-3 a typo in one character is always found', () => {
    fc.assert(
      fc.property(
        anyKey,
        fc.nat(),
        fc.constantFrom(...Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')),
        (key, at, letter) => {
          const begin = key.lastIndexOf('_') + 1
          const index = begin + (at % (key.length - begin))
          fc.pre(key[index] !== letter)
          expect(readApiKey(key.slice(0, index) + letter + key.slice(index + 1))).toBe('mistyped')
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('I-3 two neighbours that were swapped are found', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(34), (key, offset) => {
        const at = key.lastIndexOf('_') + 1 + offset
        fc.pre(key[at] !== key[at + 1])
        expect(readApiKey(key.slice(0, at) + key[at + 1]! + key[at]! + key.slice(at + 2))).toBe('mistyped')
      }),
    )
  })

  it.each([
    '',
    'ptr_live_',
    'ptr_prod_' + 'a'.repeat(36),
    'ptr_live_' + 'a'.repeat(35),
    'ptr_live_' + '-'.repeat(36),
    ' ptr_live_' + 'a'.repeat(36),
  ])('I-3 %j is no key', (text) => {
    expect(readApiKey(text)).toBe('malformed')
  })

  it('I-3 show the prefix and the last four characters and no more', () => {
    expect(apiKeyHint('ptr_test_abcdefghij1234')).toBe('ptr_test_…1234')
  })
})
