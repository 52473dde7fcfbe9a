import fc from 'fast-check'
import { pace, type Speed } from './pace.ts'

/** A clock that moves only when somebody waits. */
function clockFrom(nowMs: number) {
  const clock = { now: nowMs, nowMs: () => clock.now, sleep: async (ms: number) => void (clock.now += ms) }
  return clock
}
const item = (timeMs: number, bytes = 1) => ({ timeMs, bytes })
const limits = { itemsMax: 3, bytesMax: 10 }

async function batches(items: { timeMs: number; bytes: number }[], speed: Speed) {
  const clock = clockFrom(1_000)
  const found: { at: number; times: number[] }[] = []
  for await (const batch of pace(items, { speed, ...limits }, clock))
    found.push({ at: clock.now - 1_000, times: batch.map(({ timeMs }) => timeMs) })
  return found
}

describe('the pace of sending', () => {
  it('as fast as can be: full batches and no waiting', async () => {
    expect(
      await batches(
        [0, 50, 9_000, 9_001].map((timeMs) => item(timeMs)),
        'max',
      ),
    ).toEqual([
      { at: 0, times: [0, 50, 9_000] },
      { at: 0, times: [9_001] },
    ])
  })

  it('ten times the events own speed: nothing before its time, and nothing kept back for a full batch', async () => {
    expect(
      await batches(
        [5_000, 5_000, 6_000, 6_005].map((timeMs) => item(timeMs)),
        10,
      ),
    ).toEqual([
      { at: 0, times: [5_000, 5_000] },
      { at: 100, times: [6_000] },
      { at: 101, times: [6_005] },
    ])
  })

  it('keeps every item once and in order, within both limits of a batch', async () => {
    const items = fc.array(fc.record({ timeMs: fc.nat(5_000), bytes: fc.nat(12) }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(items, fc.constantFrom<Speed>('max', 0.5, 100), async (given, speed) => {
        const found: { timeMs: number; bytes: number }[] = []
        for await (const batch of pace(given, { speed, ...limits }, clockFrom(0))) {
          expect(batch.length).toBeGreaterThan(0)
          expect(batch.length).toBeLessThanOrEqual(limits.itemsMax)
          if (batch.length > 1) expect(batch.reduce((all, { bytes }) => all + bytes, 0)).toBeLessThanOrEqual(10)
          found.push(...batch)
        }
        expect(found).toEqual(given)
      }),
      { numRuns: 200 },
    )
  })
})
