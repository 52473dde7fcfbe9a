import type { UsageEvent } from '@portitor/metering'
import fc from 'fast-check'
import type { JudgedEvent } from './judge-events.ts'
import { settleDuplicates, suspects } from './settle-duplicates.ts'

const event = {} as UsageEvent
const sent = (key: string, hash: string): JudgedEvent => ({ id: key, event, key, hash })
const bad = (id: string): JudgedEvent => ({ id, rejected: { code: 'quantity.malformed', detail: 'expected …' } })
const settle = (judged: JudgedEvent[], recent: Record<string, string> = {}, taken: string[] = []) =>
  settleDuplicates(judged, (key) => recent[key], new Set(taken)).map(
    ({ status, append, rejected }) => `${rejected?.code ?? status}${append === undefined ? '' : ' +'}`,
  )

describe('settleDuplicates', () => {
  it('M-5 a repeat within one request goes to the log once', () => {
    expect(settle([sent('a', '1'), sent('b', '1'), sent('a', '1')])).toEqual(['accepted +', 'accepted +', 'duplicate'])
  })

  it('M-5 refuses an id with another payload within one request', () => {
    expect(settle([sent('a', '1'), sent('a', '2'), sent('a', '1')])).toEqual([
      'accepted +',
      'event.id_conflict',
      'duplicate',
    ])
  })

  it('M-5 a repeat of an earlier request is a duplicate, but goes to the log: its first copy may be a dead letter', () => {
    expect(settle([sent('a', '1'), sent('a', '1')], { a: '1' })).toEqual(['duplicate +', 'duplicate'])
  })

  it('M-5 refuses an id that is taken by another payload, and asks only about those', () => {
    const judged = [sent('a', '2'), sent('b', '1'), sent('c', '1'), bad('d')]
    const recent: Record<string, string> = { a: '1', b: '1' }
    expect([...suspects(judged, (key) => recent[key]).keys()]).toEqual(['a'])
    expect(settle(judged, recent, ['a'])).toEqual([
      'event.id_conflict',
      'duplicate +',
      'accepted +',
      'quantity.malformed',
    ])
  })

  it('M-5 a rejected event does not occupy its id', () => {
    expect(settle([bad('a'), sent('a', '2')])).toEqual(['quantity.malformed', 'accepted +'])
    expect(settle([sent('a', '2'), sent('a', '3')], { a: '1' })).toEqual(['accepted +', 'event.id_conflict'])
    expect(settle([sent('a', '2'), sent('a', '1')], { a: '1' }, ['a'])).toEqual(['event.id_conflict', 'duplicate +'])
  })

  it('M-5 whatever is sent, a key goes to the log at most once, and what is not rejected is there', () => {
    const one = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), fc.boolean())
    const memory = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'))
    fc.assert(
      fc.property(fc.array(one), memory, fc.subarray(['a', 'b', 'c']), (events, recent, taken) => {
        const judged = events.map(([key, hash, good]) => (good ? sent(key, hash) : bad(key)))
        const verdicts = settleDuplicates(judged, (key) => recent[key], new Set(taken))
        const appended = verdicts.flatMap(({ append }) => append ?? [])
        expect(new Set(appended.map(({ key }) => key)).size).toBe(appended.length)
        for (const [at, verdict] of verdicts.entries()) {
          const sentOne = judged[at]!
          if (verdict.status === 'rejected' || 'rejected' in sentOne) continue
          expect(appended).toContainEqual({ event, key: sentOne.key, hash: sentOne.hash })
        }
      }),
    )
  })
})
