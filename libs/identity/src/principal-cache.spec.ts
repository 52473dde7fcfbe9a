import fc from 'fast-check'
import { here, principal } from './principal.fixture.ts'
import { knownPrincipal, PrincipalCache } from './principal-cache.ts'

const known = (depends_on: string[], expires_at: string | null = null) =>
  knownPrincipal(principal({ depends_on, expires_at }))

describe('remembered principals', () => {
  let nowMs: number
  let cache: PrincipalCache
  beforeEach(() => {
    nowMs = Date.parse('2026-11-21T09:00:00Z')
    cache = new PrincipalCache(() => nowMs)
  })

  it('I-3 are forgotten with any key they depend on, and nobody else is', () => {
    cache.remember('a', known(['credential:a', here]))
    cache.remember('b', known(['credential:b', here]))
    cache.forget('credential:a')
    expect([cache.get('a'), cache.get('b') === undefined]).toEqual([undefined, false])
    cache.forget(here)
    expect(cache.get('b')).toBeUndefined()
    expect(cache.dependencies).toBe(0)
  })

  it('I-3 are asked for again after a minute', () => {
    cache.remember('a', known([here]))
    nowMs += 59_999
    expect(cache.get('a')).toBeDefined()
    nowMs += 2
    expect(cache.get('a')).toBeUndefined()
  })

  it('I-3 end when they expire', () => {
    cache.remember('a', known([here], '2026-11-21T09:00:10Z'))
    nowMs += 9_999
    expect(cache.get('a')).toBeDefined()
    nowMs += 1
    expect(cache.get('a')).toBeUndefined()
    expect([cache.size, cache.dependencies]).toEqual([0, 0])
  })

  it('are at most 10,000, and the index no larger than they are', () => {
    for (let n = 0; n < 10_500; n += 1) cache.remember(`d${n}`, known([`credential:${n}`, here]))
    expect([cache.size, cache.dependencies]).toEqual([10_000, 10_001])
    cache.forget(here)
    expect([cache.size, cache.dependencies]).toEqual([0, 0])
  })

  it('I-3 one that nothing could end is not remembered', () => {
    cache.remember('a', known([]))
    cache.remember('b', known(Array.from({ length: 513 }, (_, n) => `role:${n}`)))
    expect(cache.size).toBe(0)
  })

  it('I-3 whatever is remembered and forgotten, nothing survives a key it depends on', () => {
    const step = fc.record({
      digest: fc.constantFrom('a', 'b', 'c'),
      keys: fc.subarray(['k', 'l', 'm'], { minLength: 1 }),
      forget: fc.option(fc.constantFrom('k', 'l', 'm'), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const tried = new PrincipalCache(() => nowMs)
        const model = new Map<string, string[]>()
        for (const { digest, keys, forget } of steps) {
          tried.remember(digest, known(keys))
          model.set(digest, keys)
          if (forget === undefined) continue
          tried.forget(forget)
          for (const [name, own] of model) if (own.includes(forget)) model.delete(name)
        }
        for (const digest of ['a', 'b', 'c']) expect(tried.get(digest) !== undefined).toBe(model.has(digest))
        expect(tried.dependencies).toBe(new Set([...model.values()].flat()).size)
      }),
    )
  })
})
