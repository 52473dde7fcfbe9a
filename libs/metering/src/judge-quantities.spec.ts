import type { Meter } from '@portitor/contracts'
import { oneUnit } from '@portitor/money'
import fc from 'fast-check'
import { encodeEvent } from './encode-event.ts'
import { judgeEvent } from './judge-event.ts'
import { aggregationOf, indexMeters } from './meter.ts'
import { parseJsonExactly } from './parse-json.ts'
import { fromPlain } from './plain-event.ts'

const workspaceId = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const meter = (name: string, aggregation: Meter['aggregation'], value?: string, more: Partial<Meter> = {}): Meter => ({
  name,
  unit: 'unit',
  event_type: 'seats.changed',
  aggregation,
  ...(value === undefined ? {} : { value }),
  dimensions: [],
  ...more,
})
const meters = indexMeters([
  meter('seats_most', 'max', 'seats'),
  meter('seats_last', 'latest', 'seats'),
  meter('seats_added', 'sum', 'added'),
  meter('changes', 'count', undefined, { event_type: 'seats.counted' }),
  meter('active_users', 'unique', 'user_id'),
  meter('sessions', 'unique', 'session'),
  meter('storage', 'max', 'gigabytes', { event_type: 'storage.measured' }),
  meter('visitors:*', 'unique', 'visitor', { event_type: 'page.seen', name_from: 'page' }),
  meter('won:*', 'count', undefined, { event_type: 'page.won', name_from: 'page' }),
  meter('won:most', 'max', 'size', { event_type: 'page.most' }),
])
const nowMs = Date.parse('2026-11-21T09:00:00Z')
const context = { meters, nowMs, receivedMs: nowMs, workspaceId }

const judge = (data: unknown, type = 'seats.changed') =>
  judgeEvent({ specversion: '1.0', id: 'a', source: 'spec', type, data }, context)
const accepted = (data: unknown, type?: string) => {
  const judged = judge(data, type)
  if ('rejected' in judged) throw new Error(JSON.stringify(judged.rejected))
  const { quantities, values } = judged.accepted
  return { quantities: Object.fromEntries(quantities), values: Object.fromEntries(values) }
}
const refusal = (data: unknown, type?: string) => {
  const judged = judge(data, type)
  return 'rejected' in judged ? [judged.rejected.code, judged.rejected.field] : ['accepted', undefined]
}
const textOf = (data: string) => {
  const parsed = parseJsonExactly(data)
  return accepted('value' in parsed ? parsed.value : undefined).values['sessions']
}

describe('meters that do not add up', () => {
  it('M-3 max and latest take the quantity of the event, unique one unit and the value', () => {
    expect(accepted({ seats: '7.5', user_id: 'ada', session: 12 })).toEqual({
      quantities: {
        seats_most: 7_500_000_000n,
        seats_last: 7_500_000_000n,
        active_users: oneUnit,
        sessions: oneUnit,
      },
      values: { active_users: 'ada', sessions: '12' },
    })
    expect(accepted({ seats: 0 })).toEqual({ quantities: { seats_most: 0n, seats_last: 0n }, values: {} })
  })

  it('M-3 an open name is completed, and has values of its own', () => {
    expect(accepted({ page: 'home', visitor: 'ada' }, 'page.seen')).toEqual({
      quantities: { 'visitors:home': oneUnit },
      values: { 'visitors:home': 'ada' },
    })
    expect(refusal({ visitor: 'ada' }, 'page.seen')).toEqual(['meter.name_missing', 'data.page'])
  })

  it.each([
    ['"7"', '7'],
    ['7', '7'],
    ['7.0', '7'],
    ['7e0', '7'],
    ['-0', '0'],
    ['1.50', '1.5'],
    ['true', 'true'],
    ['123456789012345678', '123456789012345678'],
    ['"__proto__"', '__proto__'],
    ['" "', ' '],
    [`"${'x'.repeat(256)}"`, 'x'.repeat(256)],
  ])('M-3 %s is told apart as %j', (written, text) => {
    expect(textOf(`{"seats":1,"session":${written}}`)).toBe(text)
  })

  it.each(['null', '""'])('M-3 %s is no value, and counts nothing', (written) => {
    expect(textOf(`{"seats":1,"session":${written}}`)).toBeUndefined()
  })

  it('M-3 a value is the same after the event went through the log', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean(), fc.bigInt()), (value) => {
        const session = typeof value === 'bigint' ? String(value) : JSON.stringify(value)
        const parsed = parseJsonExactly(`{"session":${session},"seats":1}`)
        const judged = judge('value' in parsed ? parsed.value : undefined)
        if ('rejected' in judged) return
        const again = parseJsonExactly(encodeEvent(judged.accepted, new Date(nowMs).toISOString()))
        const rejudged = judgeEvent('value' in again ? again.value : undefined, context)
        expect(rejudged).toMatchObject({ accepted: { values: judged.accepted.values } })
      }),
      { numRuns: 1_000 },
    )
  })

  it.each<[object, string, string]>([
    [{ seats: -1 }, 'quantity.malformed', 'data.seats'],
    [{ seats: 1.5 }, 'quantity.malformed', 'data.seats'],
    [{ seats: null }, 'quantity.malformed', 'data.seats'],
    [{ session: {} }, 'value.malformed', 'data.session'],
    [{ session: ['a'] }, 'value.malformed', 'data.session'],
    [{ session: 'x'.repeat(257) }, 'value.too_long', 'data.session'],
    [{ session: 'x\0' }, 'event.unstorable', 'data.session'],
    [{ user_id: 5 }, 'attribute.malformed', 'data.user_id'],
    [{ session: '' }, 'quantity.missing', 'data'],
    [{}, 'quantity.missing', 'data'],
  ])('M-3 M-10 refuses %j with %s', (data, code, field) => {
    expect(refusal(data)).toEqual([code, field])
  })

  it('M-3 tells how a meter comes together, by its full name', () => {
    const names = ['seats_most', 'seats_last', 'seats_added', 'sessions', 'visitors:home', 'won:deal', 'won:most']
    expect(names.map((name) => aggregationOf(meters, name))).toEqual([
      'max',
      'latest',
      'sum',
      'unique',
      'unique',
      'count',
      'max',
    ])
    expect(aggregationOf(meters, 'unheard:of')).toBe('sum')
  })
})

describe('plain events of meters that do not add up', () => {
  const plain = (fields: Record<string, unknown>) => {
    const read = fromPlain({ idempotency_key: 'a', ...fields }, meters, 'server-id')
    if ('rejected' in read) return [read.rejected.code, read.rejected.field]
    const judged = judgeEvent(read.event, context)
    if ('rejected' in judged) return [judged.rejected.code, read.nameOf(judged.rejected.field ?? '')]
    return { ...Object.fromEntries(judged.accepted.quantities), ...Object.fromEntries(judged.accepted.values) }
  }

  it('M-1 a bare quantity is that of the meter it names, or of the only one', () => {
    expect(plain({ event_type: 'storage', quantity: 3 })).toEqual({ storage: 3n * oneUnit })
    expect(plain({ event_type: 'storage.measured', quantity: 3 })).toEqual({ storage: 3n * oneUnit })
    expect(plain({ event_type: 'seats_added', quantity: 3 })).toEqual({ seats_added: 3n * oneUnit })
    expect(plain({ event_type: 'seats.changed', quantity: 3 })).toEqual(['quantity.ambiguous', 'quantity'])
  })

  it('M-1 a value stands beside metadata or in it, and is one whatever the event says', () => {
    expect(plain({ event_type: 'sessions', session: 's1' })).toEqual({ sessions: 's1' })
    expect(plain({ event_type: 'sessions', quantity: 1, metadata: { session: 's1' } })).toEqual({ sessions: 's1' })
    expect(plain({ event_type: 'active_users', user_id: 'ada' })).toEqual({ active_users: 'ada' })
    expect(plain({ event_type: 'visitors:home', metadata: { visitor: 'ada' } })).toEqual({ 'visitors:home': 'ada' })
    expect(plain({ event_type: 'sessions', quantity: 2, session: 's1' })).toEqual(['quantity.not_counted', 'quantity'])
    expect(plain({ event_type: 'sessions', session: {} })).toEqual(['value.malformed', 'session'])
  })
})
