import fc from 'fast-check'
import type { Meter } from '@portitor/contracts'
import { judgeEvent } from './judge-event.ts'
import { indexMeters } from './meter.ts'
import { fromPlain, isPlain, plainSource } from './plain-event.ts'

const workspace = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const sum = (event_type: string, name: string, value = name): Meter => ({
  name,
  unit: 'u',
  event_type,
  aggregation: 'sum',
  value,
  dimensions: [],
})
const meters = indexMeters([
  sum('tokens.consumed', 'input_tokens'),
  sum('tokens.consumed', 'output_tokens'),
  sum('resource.used', 'gpu_seconds'),
  sum('resource.used', 'vectors'),
  sum('page.rendered', 'pages', 'quantity'),
  sum('mail.sent', 'mails', 'mails'),
  { name: 'requests', unit: 'r', event_type: 'call.completed', aggregation: 'count', dimensions: [] },
  {
    name: 'outcome:*',
    unit: 'o',
    event_type: 'outcome.achieved',
    aggregation: 'count',
    name_from: 'outcome',
    dimensions: [],
  },
])
const nowMs = Date.parse('2026-11-21T09:00:00Z')
const context = { meters, nowMs, receivedMs: nowMs, workspaceId: workspace }

const convert = (plain: Record<string, unknown>) => fromPlain(plain, meters, 'server-id')
const eventOf = (plain: Record<string, unknown>) => {
  const converted = convert(plain)
  if ('rejected' in converted) throw new Error(JSON.stringify(converted.rejected))
  return converted.event
}
/** Converts and judges, as ingestion does, with fields under the sender's names. */
const judge = (plain: Record<string, unknown>) => {
  const converted = convert(plain)
  if ('rejected' in converted) return [converted.rejected.code, converted.rejected.field]
  const judged = judgeEvent(converted.event, context)
  if ('accepted' in judged) return Object.fromEntries(judged.accepted.quantities)
  return [judged.rejected.code, converted.nameOf(judged.rejected.field ?? '')]
}

describe('fromPlain', () => {
  it('M-1 makes a CloudEvent of the plain form', () => {
    const plain = {
      agent_id: 'a-1',
      event_type: 'tokens.consumed',
      quantity: 1200,
      metadata: { model: 'gpt-4o', workflow: 'triage', output_tokens: 300, ticket: 7 },
      idempotency_key: 'k-1',
    }
    expect(isPlain(plain)).toBe(true)
    expect(eventOf(plain)).toEqual({
      specversion: '1.0',
      id: 'k-1',
      source: plainSource,
      type: 'tokens.consumed',
      data: {
        agent_id: 'a-1',
        model: 'gpt-4o',
        workflow: 'triage',
        input_tokens: 1200,
        output_tokens: 300,
        metadata: { ticket: 7 },
      },
    })
    expect(judge(plain)).toEqual({ input_tokens: 1_200_000_000_000n, output_tokens: 300_000_000_000n })
  })

  it('M-1 gives an id where there is no idempotency key, and understands time and workspace', () => {
    const plain = {
      event_type: 'call.completed',
      idempotency_key: null,
      time: '2026-11-21T08:00:00Z',
      workspace_id: workspace,
    }
    expect(eventOf(plain)).toMatchObject({ id: 'server-id', time: '2026-11-21T08:00:00Z', subject: workspace })
    expect(eventOf({ event_type: 'call.completed', subject: workspace })).toMatchObject({ subject: workspace })
  })

  it('M-1 a bare quantity counts where the type leaves no doubt', () => {
    expect(judge({ event_type: 'page.rendered', quantity: '2.5' })).toEqual({ pages: 2_500_000_000n })
    expect(judge({ event_type: 'mail.sent', quantity: 3 })).toEqual({ mails: 3_000_000_000n })
    expect(judge({ event_type: 'gpu_seconds', quantity: 60 })).toEqual({ gpu_seconds: 60_000_000_000n })
    expect(judge({ event_type: 'output_tokens', quantity: 5, metadata: { model: 'm' } })).toEqual({
      output_tokens: 5_000_000_000n,
    })
    expect(judge({ event_type: 'call.completed', quantity: 1 })).toEqual({ requests: 1_000_000_000n })
    expect(judge({ event_type: 'requests' })).toEqual({ requests: 1_000_000_000n })
    expect(judge({ event_type: 'outcome:meeting_booked', quantity: 1 })).toEqual({
      'outcome:meeting_booked': 1_000_000_000n,
    })
    expect(judge({ event_type: 'resource.used', metadata: { vectors: 9 } })).toEqual({ vectors: 9_000_000_000n })
  })

  it('M-1 refuses a quantity it would have to drop or to guess at', () => {
    expect(judge({ event_type: 'resource.used', quantity: 5 })).toEqual(['quantity.ambiguous', 'quantity'])
    expect(judge({ event_type: 'call.completed', quantity: 5 })).toEqual(['quantity.not_counted', 'quantity'])
    const twice = { event_type: 'tokens.consumed', quantity: 5, metadata: { model: 'm', input_tokens: 6 } }
    expect(judge(twice)).toEqual(['quantity.contradiction', 'quantity'])
    expect(judge({ ...twice, quantity: 6 })).toEqual({ input_tokens: 6_000_000_000n })
  })

  it.each([
    [{ event_type: 'unheard.of', quantity: 1 }, 'meter.unknown', 'event_type'],
    [{ event_type: 5, quantity: 1 }, 'type.malformed', 'event_type'],
    [{ event_type: '', quantity: 1 }, 'type.missing', 'event_type'],
    [{ event_type: 'outcome:Bad Name' }, 'meter.name_malformed', 'event_type'],
    [{ event_type: 'mail.sent', quantity: -1 }, 'quantity.malformed', 'quantity'],
    [{ event_type: 'mail.sent', quantity: null }, 'quantity.malformed', 'quantity'],
    [{ event_type: 'mail.sent', metadata: { mails: 0.5 } }, 'quantity.malformed', 'metadata.mails'],
    [{ event_type: 'tokens.consumed', quantity: 1 }, 'model.missing', 'metadata.model'],
    [{ event_type: 'tokens.consumed', quantity: 1, metadata: { model: 5 } }, 'model.missing', 'metadata.model'],
    [{ event_type: 'mail.sent', quantity: 1, idempotency_key: '' }, 'id.missing', 'idempotency_key'],
    [{ event_type: 'mail.sent', quantity: 1, agent_id: 5 }, 'attribute.malformed', 'agent_id'],
    [{ event_type: 'mail.sent', quantity: 1, metadata: [] }, 'attribute.malformed', 'metadata'],
    [{ event_type: 'mail.sent', quantity: 1, metadata: { a: '\0' } }, 'event.unstorable', 'metadata.a'],
    [{ event_type: 'mail.sent', quantity: 1, workspace_id: 'x' }, 'workspace.malformed', 'workspace_id'],
    [{ event_type: 'mail.sent', quantity: 1, qantity: 2 }, 'field.unknown', 'qantity'],
    [{ event_type: 'mail.sent', mails: 1, metadata: { mails: 1 } }, 'field.twice', 'mails'],
    [{ event_type: 'mail.sent', quantity: 1, time: 'now' }, 'time.malformed', 'time'],
  ])('M-10 refuses %j under the name its sender used', (plain, code, field) => {
    expect(judge(plain)).toEqual([code, field])
  })

  it('M-1 leaves alone what only shares a name with a field of ours', () => {
    const plain = { event_type: 'mail.sent', quantity: 1, metadata: { status: 200, stream: 'x', region: 'eu' } }
    expect(eventOf(plain)['data']).toEqual({ mails: 1, region: 'eu', metadata: { status: 200, stream: 'x' } })
  })

  it('never throws, whatever the object', () => {
    const plain = fc.record({
      event_type: fc.oneof(
        fc.constantFrom('mail.sent', 'outcome:x', 'tokens.consumed', ':', '__proto__'),
        fc.anything(),
      ),
      quantity: fc.anything(),
      metadata: fc.oneof(fc.dictionary(fc.string(), fc.anything()), fc.anything()),
    })
    fc.assert(
      fc.property(plain, fc.object(), (some, more) => {
        judge({ ...more, ...some })
      }),
      { numRuns: 2_000 },
    )
  })
})
