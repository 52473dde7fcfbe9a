import fc from 'fast-check'
import type { Meter } from '@portitor/contracts'
import { indexMeters } from '@portitor/metering'
import { decodeEvents, type EventsRequest } from './decode-events.ts'
import { judgeEvents } from './judge-events.ts'

const workspaceId = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const meter: Meter = {
  name: 'units',
  unit: 'u',
  event_type: 'used',
  aggregation: 'sum',
  value: 'units',
  dimensions: [],
}
const meters = indexMeters([meter])
const nowMs = Date.parse('2026-11-21T09:00:00Z')

const request = (body: unknown, headers: Record<string, string> = {}): EventsRequest => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})
const decode = (sent: EventsRequest) => decodeEvents(sent, meters, () => 'server-id')
const rawOf = (sent: EventsRequest) => {
  const decoded = decode(sent)
  if ('refused' in decoded) throw new Error(JSON.stringify(decoded))
  return decoded.events.map(({ raw }) => raw)
}
const refusalOf = (sent: EventsRequest) => {
  const decoded = decode(sent)
  return 'refused' in decoded ? [decoded.status, decoded.refused.code] : []
}
const event = { specversion: '1.0', id: '1', source: 's', type: 'used', data: { units: 1 } }
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
const batch = { 'content-type': 'application/cloudevents-batch+json' }
/** As a sender of binary mode writes header values: everything but printable ASCII percent-encoded, and `%` and quotes too. */
const headerText = (text: string) => text.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (found) => encodeURIComponent(found))
const binary = ({ data, ...attributes }: Record<string, unknown>): EventsRequest =>
  request(
    data,
    Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, headerText(String(value))])),
  )

describe('decodeEvents', () => {
  it('M-1 reads a structured event', () => {
    expect(rawOf(request(event, structured))).toEqual([event])
    expect(rawOf(request(event))).toEqual([event])
  })

  it('M-1 reads a batch, and a list in plain JSON', () => {
    expect(rawOf(request([event, 5, null], batch))).toEqual([event, 5, null])
    expect(rawOf(request([event, event]))).toEqual([event, event])
  })

  it('M-1 reads a binary event with its percent-encoded attributes', () => {
    const sent = { ...event, id: 'café "50%"', time: '2026-11-21T08:00:00+01:00' }
    expect(rawOf(binary(sent))).toEqual([{ ...sent, datacontenttype: 'application/json' }])
    const quoted = request(event.data, { 'ce-specversion': '1.0', 'ce-id': '"a \\"b\\""' })
    expect(rawOf(quoted)[0]).toMatchObject({ id: 'a "b"' })
    expect(rawOf({ ...binary(event), body: Buffer.alloc(0) })[0]).toMatchObject({ data: undefined })
  })

  it('M-1 reads the plain form, alone and in a list beside CloudEvents', () => {
    const plain = { event_type: 'used', quantity: 2, idempotency_key: 'k', agent_id: 'a' }
    const converted = {
      specversion: '1.0',
      id: 'k',
      source: 'portitor/plain',
      type: 'used',
      data: { units: 2, agent_id: 'a' },
    }
    expect(rawOf(request(plain))).toEqual([converted])
    expect(rawOf(request([event, plain]))).toEqual([event, converted])
    expect(rawOf(request({ event_type: 'used', quantity: 2 }))).toMatchObject([{ id: 'server-id' }])
  })

  it('M-5 takes no stamp from a client that only we may set', () => {
    expect(rawOf(request({ ...event, portitorreceived: '2020-01-01T00:00:00.000Z' }))).toEqual([event])
    expect(rawOf(binary({ ...event, portitorreceived: 'x' }))[0]).not.toHaveProperty('portitorreceived')
  })

  it.each([
    [request(event, { 'content-type': 'text/plain' }), 415, 'request.unsupported_media_type'],
    [request(event, { 'content-type': 'application/xml' }), 415, 'request.unsupported_media_type'],
    [request(event, { 'content-type': '' }), 415, 'request.unsupported_media_type'],
    [request(event, { 'content-type': 'application/json; charset=utf-16' }), 415, 'request.unsupported_media_type'],
    [request('{"a":'), 400, 'request.malformed_json'],
    [request(''), 400, 'request.malformed_json'],
    [request('{"a":NaN}'), 400, 'request.malformed_json'],
    [{ ...request(''), body: Buffer.from([0x7b, 0xff, 0x7d]) }, 400, 'request.not_utf8'],
    [request('['.repeat(100_000)), 400, 'request.malformed_json'],
    [request('['.repeat(1_000) + ']'.repeat(1_000)), 400, 'json.too_deep'],
    [request(event, batch), 400, 'batch.malformed'],
    [request([event], structured), 400, 'event.not_object'],
    [request([], batch), 400, 'batch.empty'],
    [request([]), 400, 'batch.empty'],
    [request(Array.from({ length: 1_001 }, () => event)), 413, 'batch.too_large'],
    [request(event.data, { 'ce-specversion': '1.0', 'ce-id': '%zz' }), 400, 'header.malformed'],
    [request(event.data, { 'ce-specversion': '1.0', 'ce-id': 'caf\u00e9' }), 400, 'header.malformed'],
    [request('nonsense', { 'ce-specversion': '1.0', 'ce-id': 'a' }), 400, 'request.malformed_json'],
  ])('M-10 refuses what cannot be read: %#', (sent, status, code) => {
    expect(refusalOf(sent)).toEqual([status, code])
  })

  it('M-5 the same event has one hash in all forms of HTTP', () => {
    const attribute = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text))
    const events = fc.record(
      {
        specversion: fc.constant('1.0'),
        id: attribute,
        source: attribute,
        type: fc.constant('used'),
        subject: fc.constant(workspaceId),
        time: fc.constant('2026-11-21T08:00:00.5Z'),
        tenant: fc.oneof(attribute, fc.nat(), fc.boolean()),
        traceparent: attribute,
        data: fc.record({ units: fc.nat(), free: fc.jsonValue({ maxDepth: 3 }) }),
      },
      { requiredKeys: ['specversion', 'id', 'source', 'type', 'subject', 'data'] },
    )
    fc.assert(
      fc.property(events, (sent) => {
        fc.pre(!/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(sent)))
        const forms = [request(sent, structured), request([sent], batch), request(sent), request([sent]), binary(sent)]
        const hashes = forms.map((form) => {
          const decoded = decode(form)
          if ('refused' in decoded) throw new Error(decoded.refused.detail)
          const [judged] = judgeEvents(decoded.events, { meters, nowMs, receivedMs: nowMs })
          if (judged === undefined || 'rejected' in judged) throw new Error(JSON.stringify(judged))
          return judged.hash
        })
        expect(new Set(hashes).size).toBe(1)
      }),
      { numRuns: 500 },
    )
  })

  it('never throws, whatever the bytes and headers', () => {
    const type = fc.constantFrom(
      'application/json',
      structured['content-type'],
      batch['content-type'],
      'text/plain',
      ';;',
    )
    const headers = fc.record(
      { 'content-type': type, 'ce-specversion': fc.string(), 'ce-id': fc.string(), 'ce-__proto__': fc.string() },
      { requiredKeys: [] },
    )
    const json = fc.json().map((text) => Buffer.from(text))
    fc.assert(
      fc.property(headers, fc.oneof(fc.uint8Array(), json), (some, body) => {
        const decoded = decode({ headers: some, body })
        if ('events' in decoded) judgeEvents(decoded.events, { meters, nowMs, receivedMs: nowMs, workspaceId })
      }),
      { numRuns: 2_000 },
    )
  })
})
