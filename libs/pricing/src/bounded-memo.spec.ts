import fc from 'fast-check'
import { BoundedMemo } from './bounded-memo.ts'

describe('the memo of names', () => {
  it('never holds more than its bound, whatever names customers send', () => {
    const memo = new BoundedMemo<number>(100)
    for (let index = 0; index < 10_000; index++) {
      memo.set(`name-${index}`, index)
      expect(memo.size).toBeLessThanOrEqual(100)
    }
  })

  it('keeps a name that is in use through a flood of others', () => {
    const memo = new BoundedMemo<number>(100)
    memo.set('used', 1)
    for (let index = 0; index < 10_000; index++) {
      memo.set(`flood-${index}`, index)
      if (index % 20 === 0) expect(memo.get('used')).toBe(1)
    }
  })

  it('answers what was set last, or nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat())), (entries) => {
        const memo = new BoundedMemo<number>(4)
        const truth = new Map<string, number>()
        for (const [key, value] of entries) {
          memo.set(key, value)
          truth.set(key, value)
          const remembered = memo.get(key)
          expect(remembered).toBe(value)
          for (const [name, last] of truth) expect([undefined, last]).toContain(memo.get(name))
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
