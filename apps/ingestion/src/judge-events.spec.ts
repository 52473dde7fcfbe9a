import type { Meter } from '@portitor/contracts'
import { indexMeters } from '@portitor/metering'
import { decodeEvents } from './decode-events.ts'
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
const judge = (events: unknown[]) => {
  const request = { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(events)) }
  const decoded = decodeEvents(request, meters, () => 'server-id')
  if ('refused' in decoded) throw new Error(decoded.refused.detail)
  return judgeEvents(decoded.events, { meters, nowMs, receivedMs: nowMs, workspaceId }).map((one) =>
    'rejected' in one ? [one.id, one.rejected.code, one.rejected.field] : [one.id, 'accepted'],
  )
}
const event = { specversion: '1.0', id: '1', source: 's', type: 'used', data: { units: 1 } }

describe('judgeEvents', () => {
  it('M-6 judges each event alone, names its id and its fields as the sender did', () => {
    expect(
      judge([
        event,
        5,
        { ...event, id: 'b', data: { units: -1 } },
        { ...event, id: 7 },
        { event_type: 'used', quantity: 'many', idempotency_key: 'k' },
        { event_type: 'used', quantity: 1, unheard: true, idempotency_key: 'l' },
        { event_type: 'used', quantity: 1 },
        {},
      ]),
    ).toEqual([
      ['1', 'accepted'],
      [null, 'event.not_object', undefined],
      ['b', 'quantity.malformed', 'data.units'],
      [null, 'id.malformed', 'id'],
      ['k', 'quantity.malformed', 'quantity'],
      ['l', 'field.unknown', 'unheard'],
      ['server-id', 'accepted'],
      [null, 'specversion.unsupported', 'specversion'],
    ])
  })
})
