import fc from 'fast-check'
import { type CompiledBook, inForce } from '@portitor/pricing'
import { type Effective, versionsWithin } from './versions-in-force.ts'

const day = (number: number) => new Date(Date.UTC(2026, 0, number))
const version = (number: number, from: number, to: number | null = null): Effective => ({
  version: number,
  from: day(from),
  to: to === null ? null : day(to),
})
const within = (versions: Effective[], from: number, to: number) =>
  versionsWithin(versions, { from: day(from), to: day(to) }).map((one) => one.version)

describe('the versions that a span of time leads to', () => {
  it('R-4 are those in force at its beginning and those that begin within it', () => {
    const versions = [version(1, 1), version(2, 10), version(3, 20)]
    expect(within(versions, 5, 9)).toEqual([1])
    expect(within(versions, 5, 10)).toEqual([1, 2])
    expect(within(versions, 10, 30)).toEqual([2, 3])
  })

  it('R-4 leave out what a higher version covers altogether, and come back to what it covers for a while', () => {
    expect(within([version(1, 5), version(2, 1)], 0, 100)).toEqual([2])
    expect(within([version(1, 1), version(2, 5, 8)], 6, 9)).toEqual([1, 2])
  })

  it('R-4 are exactly those that pricing would choose at some instant of the span', () => {
    const instant = fc.integer({ min: 1, max: 12 })
    const any = fc
      .array(fc.tuple(instant, fc.option(instant)), { maxLength: 6 })
      .map((spans) =>
        spans.flatMap(([from, to], index) => (to !== null && to <= from ? [] : [version(index + 1, from, to)])),
      )
    fc.assert(
      fc.property(any, instant, instant, (versions, from, length) => {
        const books = versions.map((one) => {
          const effectiveToMs = one.to?.getTime() ?? Infinity
          return { version: one.version, effectiveFromMs: one.from.getTime(), effectiveToMs } as CompiledBook
        })
        const instants = Array.from({ length: length + 1 }, (_, index) => day(from + index).getTime())
        const chosen = new Set(instants.map((time) => inForce(books, time)?.version))
        expect(within(versions, from, from + length)).toEqual(
          versions.map((one) => one.version).filter((number) => chosen.has(number)),
        )
      }),
      { numRuns: 1_000 },
    )
  })
})
