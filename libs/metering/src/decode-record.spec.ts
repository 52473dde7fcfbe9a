import fc from 'fast-check'
import type { Meter } from '@portitor/contracts'
import { decodeRecord, type EncodedRecord } from './decode-record.ts'
import { encodeBatch, encodeEvent } from './encode-event.ts'
import { judgeEvent } from './judge-event.ts'
import { indexMeters } from './meter.ts'

const workspace = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const meter: Meter = {
  name: 'units',
  unit: 'u',
  event_type: 'used',
  aggregation: 'sum',
  value: 'units',
  dimensions: [],
}
const nowMs = Date.parse('2026-11-21T09:00:00Z')
const context = { meters: indexMeters([meter]), nowMs, receivedMs: nowMs }

const record = (value: unknown, headers: Record<string, string> = {}): EncodedRecord => ({
  headers,
  value: typeof value === 'string' ? Buffer.from(value) : Buffer.from(JSON.stringify(value)),
})
const eventsOf = (encoded: EncodedRecord) => {
  const decoded = decodeRecord(encoded)
  if ('refused' in decoded) throw new Error(decoded.refused.code)
  return decoded.events
}
const codeOf = (encoded: EncodedRecord) => {
  const decoded = decodeRecord(encoded)
  return 'refused' in decoded ? decoded.refused.code : undefined
}
const judged = (raw: unknown) => {
  const judgement = judgeEvent(raw, context)
  if ('rejected' in judgement) throw new Error(JSON.stringify(judgement.rejected))
  return judgement.accepted
}
const structured = 'application/cloudevents+json; charset=UTF-8'
const batch = 'application/cloudevents-batch+json'
const event = { specversion: '1.0', id: '1', source: 's', type: 'used', subject: workspace, data: { units: 1 } }
const binary = ({ data, ...attributes }: Record<string, unknown>): EncodedRecord => ({
  headers: {
    'content-type': 'application/json',
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)])),
  },
  value: Buffer.from(JSON.stringify(data)),
})

describe('decodeRecord', () => {
  it('M-1 reads a structured event, with and without saying so', () => {
    expect(eventsOf(record(event, { 'content-type': structured }))).toEqual([event])
    expect(eventsOf(record(event, { 'content-type': 'Application/CloudEvents+JSON' }))).toEqual([event])
    expect(eventsOf(record(event, { 'content-type': 'application/json' }))).toEqual([event])
    expect(eventsOf(record(event))).toEqual([event])
  })

  it('M-1 reads a batch of any workspaces, with and without saying so', () => {
    const events = [event, { ...event, subject: '0199c1d2-7b3a-7c4e-9d21-000000000000' }, 'no event']
    expect(eventsOf(record(events, { 'content-type': batch }))).toEqual(events)
    expect(eventsOf(record(events))).toEqual(events)
  })

  it('M-1 reads a binary event', () => {
    expect(eventsOf(binary(event))).toEqual([{ ...event, datacontenttype: 'application/json' }])
  })

  it.each([
    [{ headers: {}, value: null }, 'record.empty'],
    [record('', {}), 'json.malformed'],
    [record('{', {}), 'json.malformed'],
    [{ headers: {}, value: Buffer.from([0xff]) }, 'json.not_utf8'],
    [record(event, { 'content-type': 'application/avro' }), 'content_type.unsupported'],
    [record(event, { 'content-type': 'application/json; charset=utf-16' }), 'content_type.unsupported'],
    [
      { ...binary(event), headers: { ...binary(event).headers, 'content-type': 'text/plain' } },
      'content_type.unsupported',
    ],
    [{ ...binary(event), value: Buffer.from('nonsense') }, 'json.malformed'],
    [record(event, { 'content-type': batch }), 'batch.malformed'],
    [record([event], { 'content-type': structured }), 'event.not_object'],
    [record([], { 'content-type': batch }), 'batch.empty'],
    [record(Array.from({ length: 1_001 }, () => event)), 'batch.too_large'],
  ])('M-7 refuses as a whole what cannot be read: %#', (encoded, code) => {
    expect(codeOf(encoded)).toBe(code)
  })

  it('M-6 one bad event of a batch leaves the others readable', () => {
    const events = eventsOf(record([event, 5, { ...event, data: { units: -1 } }, event]))
    expect(events.map((raw) => Object.keys(judgeEvent(raw, context))[0])).toEqual([
      'accepted',
      'rejected',
      'rejected',
      'accepted',
    ])
  })

  it('M-5 the same event has one hash, structured, binary, in a batch, and as ingestion writes it', () => {
    const attribute = fc.string({ minLength: 1 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text))
    const events = fc.record(
      {
        specversion: fc.constant('1.0'),
        id: attribute,
        source: attribute,
        type: fc.constant('used'),
        subject: fc.constant(workspace),
        time: fc.constant('2026-11-21T08:00:00+01:00'),
        sequence: fc.oneof(fc.nat(), attribute, fc.boolean()),
        traceparent: attribute,
        data: fc.record({
          units: fc.oneof(fc.nat(), fc.stringMatching(/^\d{1,9}(\.\d{1,9})?$/)),
          free: fc.jsonValue({ maxDepth: 3 }),
        }),
      },
      { requiredKeys: ['specversion', 'id', 'source', 'type', 'subject', 'data'] },
    )
    fc.assert(
      fc.property(events, (sent) => {
        fc.pre(!/\\u0000|\\ud[89a-f]|\d{16}/i.test(JSON.stringify(sent)))
        const [first] = eventsOf(record(sent, { 'content-type': structured }))
        const { payloadHash } = judged(first)
        const written = encodeEvent(judged(first), '2026-11-21T09:00:00.000Z')
        const others = [
          ...eventsOf(binary(sent)),
          ...eventsOf(record([sent, sent], { 'content-type': batch })),
          ...eventsOf(record(encodeBatch([written, written]), { 'content-type': batch })),
        ]
        expect(others).toHaveLength(5)
        for (const raw of others) expect(judged(raw).payloadHash).toEqual(payloadHash)
        // What ingestion writes is what the client sent, and two stamps.
        const stamps = { subject: workspace, portitorreceived: '2026-11-21T09:00:00.000Z' }
        expect(JSON.parse(written)).toEqual({ ...(JSON.parse(JSON.stringify(sent)) as object), ...stamps })
      }),
      { numRuns: 1_000 },
    )
  })

  it('never throws, whatever the bytes and headers', () => {
    const header = fc.oneof(fc.constantFrom(structured, batch, 'application/json', ';', '/'), fc.string())
    const headers = fc.dictionary(
      fc.constantFrom('content-type', 'ce_specversion', 'ce_id', 'ce_data', 'ce___proto__'),
      header,
    )
    const value = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      fc.constant(null),
    )
    fc.assert(
      fc.property(headers, value, (someHeaders, bytes) => {
        const decoded = decodeRecord({ headers: someHeaders, value: bytes })
        if ('events' in decoded) for (const raw of decoded.events) judgeEvent(raw, context)
      }),
      { numRuns: 3_000 },
    )
  })
})
