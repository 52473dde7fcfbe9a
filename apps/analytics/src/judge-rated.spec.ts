import type { LogRecord } from '@portitor/bus'
import { usageRejectedSchema } from '@portitor/contracts'
import { ratedUsage } from './rated-usage.fixture.ts'
import type { Block } from './cut-block.ts'
import { judgeBlock } from './judge-rated.ts'
import { linesOf, linesOfEvents } from './rated-lines.ts'
import { toDeadLetter } from './to-dead-letter.ts'

const recordOf = (value: string | null, offset = 4n): LogRecord => ({
  topic: 'portitor.usage.rated.v1',
  partition: 2,
  offset,
  key: null,
  value: value === null ? null : Buffer.from(value),
  headers: { 'portitor-producer': 'rating', 'portitor-sequence': '9' },
  timestampMs: 0,
})
const blockOf = (...values: (string | null)[]): Block => ({
  id: '0199c1d2-0000-7000-8000-000000000001',
  topic: 'portitor.usage.rated.v1',
  partition: 2,
  firstOffset: 4n,
  lastOffset: 9n,
  records: values.map((value, index) => recordOf(value, 4n + BigInt(index))),
  sequences: {},
})
const judgeEvent = (event: unknown) => judgeBlock(blockOf(JSON.stringify({ events: [event] })))

describe('judging rated usage', () => {
  it('takes what the contract allows, and writes times in UTC', () => {
    const { judged, refused } = judgeEvent(ratedUsage({ time: '2026-03-04T05:06:07.5+02:00' }))
    expect(refused).toEqual([])
    expect(judged.records[0]!.events[0]!.time).toBe('2026-03-04T03:06:07.500Z')
  })

  it.each([
    ['price_nanos', { price_nanos: '9223372036854775808' }],
    ['price_nanos', { price_nanos: '-9223372036854775809' }],
    ['cost_nanos', { cost_nanos: '1.5' }],
    ['cost_nanos', { cost_nanos: 12 }],
    ['time', { time: '1999-12-31T23:59:59Z' }],
    ['time', { time: '2299-01-01T00:00:00Z' }],
    ['id', { id: '' }],
    ['source', { source: '' }],
    ['workspace_id', { workspace_id: '00000000-0000-0000-0000-000000000000' }],
    ['currency', { currency: 'usd' }],
    ['quantities.input_tokens', { quantities: { input_tokens: '-1' } }],
    ['latency_ms', { latency_ms: 'slow' }],
  ])('M-7 refuses %s of %j and names it', (field, fields) => {
    expect(judgeEvent({ ...ratedUsage(), ...fields }).refused[0]!.reason).toMatchObject({
      code: 'rated.invalid',
      field,
    })
  })

  it('takes amounts up to the ends of 64 bits', () => {
    const ends = ratedUsage({ price_nanos: '9223372036854775807', cost_nanos: '-9223372036854775808' })
    expect(judgeEvent(ends).refused).toEqual([])
  })

  it.each(['no json', '{', 'null', '[]', '{}', '{"events":[]}', '{"events":{}}', '', null])(
    'M-7 refuses the record %j as a whole',
    (value) => {
      const { judged, refused } = judgeBlock(blockOf(value))
      expect(judged.records[0]!.events).toEqual([])
      expect(refused).toMatchObject([{ index: 0, event: undefined, reason: { code: 'rated.malformed' } }])
    },
  )

  it('M-7 writes a dead letter that says where the event stood, the same however often it is written', () => {
    const { refused } = judgeEvent({ ...ratedUsage({ id: 'x' }), price_nanos: 'much' })
    const letter = toDeadLetter(refused[0]!, '2026-03-04T05:06:09.000Z')
    expect(usageRejectedSchema.parse(JSON.parse(letter.value as string))).toMatchObject({
      workspace_id: ratedUsage().workspace_id,
      id: 'x',
      reason: { code: 'rated.invalid', field: 'price_nanos' },
      rejected_by: 'analytics',
      origin: { topic: 'portitor.usage.rated.v1', partition: 2, offset: '4', index: 0 },
      encoding: 'json',
    })
    expect(toDeadLetter(refused[0]!, '2026-03-04T05:06:09.000Z')).toEqual(letter)
    const [unreadable] = judgeBlock(blockOf('no json')).refused
    expect(JSON.parse(toDeadLetter(unreadable!, '2026-03-04T05:06:09.000Z').value as string)).toMatchObject({
      event: Buffer.from('no json').toString('base64'),
      encoding: 'base64',
    })
  })

  it('hands records to the engine byte by byte, with where they stood', () => {
    const place =
      '{"block":"0199c1d2-0000-7000-8000-000000000001","log_partition":2,"producer":"rating","sequence":"9","record":'
    expect(linesOf([blockOf('{"events":[1]}', null)]).toString()).toBe(`${place}{"events":[1]}}\n${place}null}\n`)
    const { judged } = judgeBlock(blockOf(JSON.stringify({ events: [ratedUsage({ id: 'a' }), {}] }), 'no json'))
    const lines = linesOfEvents([judged]).toString()
    expect(lines.startsWith(`${place}{"events":[{`)).toBe(true)
    expect(lines.trimEnd().split('\n')).toHaveLength(1)
  })
})
