import type { Meter } from '@portitor/contracts'
import { judgeEvent, type JudgeContext } from './judge-event.ts'
import { indexMeters } from './meter.ts'
import { parseJsonExactly } from './parse-json.ts'

const workspace = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const other = '0199c1d2-7b3a-7c4e-9d21-000000000000'
const sum = (event_type: string, name: string, part_of?: string): Meter => ({
  name,
  unit: 'unit',
  event_type,
  aggregation: 'sum',
  value: name,
  ...(part_of === undefined ? {} : { part_of }),
  dimensions: ['model', 'tier'],
})
const meters = indexMeters([
  sum('tokens.consumed', 'input_tokens'),
  sum('tokens.consumed', 'cached_input_tokens', 'input_tokens'),
  sum('tokens.consumed', 'cache_write_input_tokens', 'input_tokens'),
  sum('tokens.consumed', 'output_tokens'),
  sum('tokens.consumed', 'reasoning_tokens', 'output_tokens'),
  sum('resource.used', 'gpu_seconds'),
  { name: 'requests', unit: 'request', event_type: 'call.completed', aggregation: 'count', dimensions: [] },
  {
    name: 'outcome:*',
    unit: 'outcome',
    event_type: 'outcome.achieved',
    aggregation: 'count',
    name_from: 'outcome',
    dimensions: [],
  },
])
const nowMs = Date.parse('2026-11-21T09:00:00Z')
const context: JudgeContext = { meters, nowMs, receivedMs: nowMs, workspaceId: workspace }

const data = { provider: 'openai', model: 'gpt-4o', input_tokens: 1200, output_tokens: 300 }
const event = { specversion: '1.0', id: 'req-42', source: 'my-app', type: 'tokens.consumed', data }
const withData = (fields: object) => ({ ...event, data: { ...data, ...fields } })

const judge = (raw: unknown, changes: Partial<JudgeContext> = {}) => judgeEvent(raw, { ...context, ...changes })
const accepted = (raw: unknown, changes: Partial<JudgeContext> = {}) => {
  const judged = judge(raw, changes)
  if ('rejected' in judged) throw new Error(JSON.stringify(judged.rejected))
  return judged.accepted
}
const refusal = (raw: unknown, changes: Partial<JudgeContext> = {}) => {
  const judged = judge(raw, changes)
  return 'rejected' in judged ? [judged.rejected.code, judged.rejected.field] : ['accepted', undefined]
}
/** As it would arrive: through JSON text, so that numbers keep their form. */
const received = (text: string) => {
  const parsed = parseJsonExactly(text)
  return 'value' in parsed ? parsed.value : undefined
}

describe('judgeEvent', () => {
  it('M-4 gives what an event says as attributes and quantities', () => {
    const raw = {
      ...withData({
        cached_input_tokens: '200',
        agent_id: 'a-1',
        team: '',
        stream: true,
        latency_ms: 12.5,
        tier: 3,
        actor_chain: ['u', 'a'],
        metadata: { free: 1 },
        whatever: { kept: true },
      }),
      time: '2026-11-21T08:59:00+00:00',
    }
    const { quantities, payloadHash, attributes, ...rest } = accepted(raw)
    expect(rest).toMatchObject({
      workspaceId: workspace,
      source: 'my-app',
      id: 'req-42',
      type: 'tokens.consumed',
      timeMs: Date.parse('2026-11-21T08:59:00Z'),
      latencyMs: 12.5,
      raw,
    })
    expect(attributes).toEqual({ provider: 'openai', model: 'gpt-4o', agent_id: 'a-1', stream: 'true', tier: '3' })
    expect(Object.fromEntries(quantities)).toEqual({
      input_tokens: 1_200_000_000_000n,
      cached_input_tokens: 200_000_000_000n,
      output_tokens: 300_000_000_000n,
    })
    expect(payloadHash).toHaveLength(16)
  })

  it('M-3 counts one for each call, and names outcomes by the event', () => {
    const call = accepted({ ...event, type: 'call.completed', data: {} })
    expect([...call.quantities]).toEqual([['requests', 1_000_000_000n]])
    const outcome = { ...event, type: 'outcome.achieved', data: { outcome: 'meeting_booked', value: 40 } }
    expect([...accepted(outcome).quantities]).toEqual([['outcome:meeting_booked', 1_000_000_000n]])
    expect(refusal({ ...outcome, data: {} })).toEqual(['meter.name_missing', 'data.outcome'])
    for (const name of ['Meeting', 'a b', '', 7, null, 'x'.repeat(60)])
      expect(refusal({ ...outcome, data: { outcome: name } })).toEqual(['meter.name_malformed', 'data.outcome'])
  })

  it.each([null, undefined, 5, 'text', true, [], [event]])('M-6 refuses %p, which is no event', (raw) => {
    expect(refusal(raw)).toEqual(['event.not_object', undefined])
  })

  it.each([
    ['specversion', undefined, 'specversion.unsupported'],
    ['specversion', '0.3', 'specversion.unsupported'],
    ['specversion', 1, 'specversion.unsupported'],
    ['id', undefined, 'id.missing'],
    ['id', '', 'id.missing'],
    ['id', null, 'id.missing'],
    ['id', 42, 'id.malformed'],
    ['id', 'x'.repeat(257), 'id.too_long'],
    ['id', 'a\0b', 'id.malformed'],
    ['id', 'a\nb', 'id.malformed'],
    ['id', 'a\u0085b', 'id.malformed'],
    ['id', '\ud800', 'id.malformed'],
    ['source', undefined, 'source.missing'],
    ['source', 'x'.repeat(257), 'source.too_long'],
    ['source', '\u007f', 'source.malformed'],
    ['type', undefined, 'type.missing'],
    ['type', 'x'.repeat(129), 'type.too_long'],
    ['type', 'unheard.of', 'meter.unknown'],
    ['type', '__proto__', 'meter.unknown'],
    ['type', 'peak.seen', 'meter.unknown'],
    ['subject', 'not-a-uuid', 'workspace.malformed'],
    ['subject', 5, 'workspace.malformed'],
    ['subject', other, 'workspace.contradiction'],
    ['time', '2019-12-31T23:59:59.999Z', 'time.too_early'],
    ['time', '0001-01-01T00:00:00Z', 'time.too_early'],
    ['time', '2026-11-21T09:05:00.001Z', 'time.in_future'],
    ['time', '9999-12-31T23:59:59Z', 'time.in_future'],
    ['time', '2026-02-30T00:00:00Z', 'time.malformed'],
    ['time', '2026-11-21T08:00:00', 'time.malformed'],
    ['time', 1_763_715_600_000, 'time.malformed'],
    ['time', '', 'time.malformed'],
    ['datacontenttype', 'text/plain', 'data.encoding'],
    ['datacontenttype', 'application/json; charset=latin1', 'data.encoding'],
    ['data_base64', 'e30=', 'data.encoding'],
    ['data', undefined, 'data.missing'],
    ['data', null, 'data.missing'],
    ['data', [], 'data.malformed'],
    ['data', 'text', 'data.malformed'],
    ['data', {}, 'quantity.missing'],
    ['extra', { nested: true }, 'attribute.malformed'],
    ['portitorreceived', 'yesterday', 'time.malformed'],
    ['portitoragentstatus', 'tired', 'attribute.malformed'],
  ])('M-10 refuses %s = %p with %s', (field, value, code) => {
    const where = { 'meter.unknown': 'type', 'quantity.missing': 'data' }[code] ?? field
    expect(refusal({ ...event, [field]: value })).toEqual([code, where])
  })

  it.each([-1, -0, 1.5, Number.NaN, true, null, {}, [], '', '-1', '1e3', 'NaN', '1234567890123456789', '1.0000000001'])(
    'M-10 refuses the quantity %p, naming the field and what is expected',
    (value) => {
      const judged = judge(withData({ input_tokens: value }))
      expect(judged).toMatchObject({ rejected: { code: 'quantity.malformed', field: 'data.input_tokens' } })
      if ('rejected' in judged) expect(judged.rejected.detail).toMatch(/whole number ≥ 0.*18 digits.*9 of them/)
    },
  )

  it.each(['1e3', '1200.0', '1E0', '1.2e1', '1e400', '12345678901234567890'])(
    'M-10 refuses the number %s as it stands in the text, though a double would make it whole',
    (number) => {
      const text = JSON.stringify(event).replace('1200', number)
      expect(refusal(received(text))).toEqual(['quantity.malformed', 'data.input_tokens'])
    },
  )

  it('M-10 loses no digit of a whole number beyond 2⁵³', () => {
    const text = JSON.stringify(event).replace('1200', '900719925474099301')
    expect(accepted(received(text)).quantities.get('input_tokens')).toBe(900_719_925_474_099_301_000_000_000n)
  })

  it('M-10 refuses a known count no meter of the type reads, so the log holds no malformed one', () => {
    expect(refusal({ ...event, type: 'call.completed', data: { input_tokens: -5 } })).toEqual([
      'quantity.malformed',
      'data.input_tokens',
    ])
  })

  it('M-10 takes the time of receipt where the event names none, and the stamp of the log before that', () => {
    expect(accepted(event, { receivedMs: nowMs - 7 }).timeMs).toBe(nowMs - 7)
    expect(accepted({ ...event, portitorreceived: '2026-11-20T00:00:00.000Z' }).timeMs).toBe(
      Date.parse('2026-11-20T00:00:00Z'),
    )
    expect(accepted({ ...event, portitorreceived: '2030-01-01T00:00:00.000Z' }).timeMs).toBe(nowMs)
    expect(accepted({ ...event, time: '2026-11-21T09:05:00Z' }).timeMs).toBe(nowMs + 300_000)
  })

  it('M-10 what was let in ahead of time stays so where the clock of the log is behind, but no stamp opens the future', () => {
    const ahead = { ...event, time: '2026-11-21T09:05:03Z' }
    expect(refusal(ahead)).toEqual(['time.in_future', 'time'])
    accepted({ ...ahead, portitorreceived: '2026-11-21T09:00:03.000Z' })
    expect(refusal(event, { receivedMs: 0 })).toEqual(['time.too_early', 'time'])
    accepted({ ...event, time: '2026-11-21T09:00:00Z' }, { receivedMs: 0 })
    const far = { ...event, time: '2030-01-01T00:00:00Z', portitorreceived: '2030-01-01T00:00:00Z' }
    expect(refusal(far)).toEqual(['time.in_future', 'time'])
  })

  it('M-1 takes the workspace from the credential or the subject, and refuses a contradiction', () => {
    expect(accepted(event).workspaceId).toBe(workspace)
    expect(accepted({ ...event, subject: workspace.toUpperCase() }).workspaceId).toBe(workspace)
    expect(accepted({ ...event, subject: other }, { workspaceId: undefined }).workspaceId).toBe(other)
    expect(refusal(event, { workspaceId: undefined })).toEqual(['workspace.missing', 'subject'])
    expect(refusal(withData({ workspace_id: other }))).toEqual(['workspace.contradiction', 'data.workspace_id'])
    expect(accepted(withData({ workspace_id: workspace })).workspaceId).toBe(workspace)
  })

  it('M-12 refuses a part larger than its total', () => {
    const field = 'data.cached_input_tokens'
    expect(refusal(withData({ cached_input_tokens: 1201 }))).toEqual(['quantity.part_exceeds_total', field])
    expect(accepted(withData({ cached_input_tokens: 1200 })).quantities.size).toBe(3)
  })

  it('M-12 refuses parts that are together larger than their total', () => {
    expect(refusal(withData({ cached_input_tokens: 700, cache_write_input_tokens: 501 }))).toEqual([
      'quantity.part_exceeds_total',
      'data.cache_write_input_tokens',
    ])
    accepted(withData({ cached_input_tokens: 700, cache_write_input_tokens: 500 }))
  })

  it('M-12 refuses a part without its total, unless it is nothing', () => {
    const input = { ...data, output_tokens: undefined }
    expect(refusal({ ...event, data: { ...input, reasoning_tokens: 1 } })).toEqual([
      'quantity.part_exceeds_total',
      'data.reasoning_tokens',
    ])
    accepted({ ...event, data: { ...input, reasoning_tokens: 0 } })
  })

  it('M-12 converts the usage object of a provider that counts otherwise', () => {
    const provider_usage = { input_tokens: 50, cache_read_input_tokens: 100, output_tokens: 9 }
    const anthropic = { provider: 'anthropic', model: 'claude', provider_usage, provider_usage_format: 'anthropic' }
    expect(Object.fromEntries(accepted({ ...event, data: anthropic }).quantities)).toEqual({
      input_tokens: 150_000_000_000n,
      cached_input_tokens: 100_000_000_000n,
      output_tokens: 9_000_000_000n,
    })
    const because = (fields: object) => refusal({ ...event, data: { ...anthropic, ...fields } })
    expect(because({ provider_usage: 5 })).toEqual(['provider_usage.malformed', 'data.provider_usage'])
    expect(because({ provider_usage_format: 'mine' })).toEqual([
      'provider_usage.format_unknown',
      'data.provider_usage_format',
    ])
    expect(because({ output_tokens: 9 })).toEqual(['provider_usage.contradiction', 'data.output_tokens'])
    expect(because({ provider_usage: { input_tokens: -1 } })).toEqual([
      'quantity.malformed',
      'data.provider_usage.input_tokens',
    ])
  })

  it('R-4 refuses consumed tokens without a model, and leaves unknown models to rating', () => {
    expect(refusal(withData({ model: undefined }))).toEqual(['model.missing', 'data.model'])
    expect(refusal(withData({ model: '' }))).toEqual(['model.missing', 'data.model'])
    accepted(withData({ model: 'nobody-knows-this' }))
  })

  it.each([
    [{ agent_id: 5 }, 'attribute.malformed', 'data.agent_id'],
    [{ agent_id: null }, 'attribute.malformed', 'data.agent_id'],
    [{ workflow: 'x'.repeat(257) }, 'attribute.too_long', 'data.workflow'],
    [{ latency_ms: -1 }, 'attribute.malformed', 'data.latency_ms'],
    [{ latency_ms: '5' }, 'attribute.malformed', 'data.latency_ms'],
    [{ stream: 'true' }, 'attribute.malformed', 'data.stream'],
    [{ actor_chain: 'a' }, 'attribute.malformed', 'data.actor_chain'],
    [{ actor_chain: [1] }, 'attribute.malformed', 'data.actor_chain'],
    [{ actor_chain: Array.from({ length: 17 }, () => 'a') }, 'attribute.malformed', 'data.actor_chain'],
    [{ metadata: [] }, 'attribute.malformed', 'data.metadata'],
    [{ metadata: 'x' }, 'attribute.malformed', 'data.metadata'],
    [{ tier: {} }, 'attribute.malformed', 'data.tier'],
    [{ metadata: { a: 'x\0y' } }, 'event.unstorable', 'data.metadata.a'],
    [{ metadata: { a: ['\udc00'] } }, 'event.unstorable', 'data.metadata.a.0'],
    [{ metadata: { 'a\0': 1 } }, 'event.unstorable', 'data.metadata'],
    [{ free: 'x'.repeat(65_536) }, 'event.too_large', undefined],
    [{ free: '€'.repeat(22_000) }, 'event.too_large', undefined],
  ])('M-4 M-10 refuses %j', (fields, code, field) => {
    expect(refusal(withData(fields))).toEqual([code, field])
  })

  it('M-10 takes an event of 64 KiB', () => {
    expect(refusal(withData({ free: 'x'.repeat(65_000) }))).toEqual(['accepted', undefined])
  })

  it('M-10 refuses nesting deeper than 32 levels', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { in: nested(levels - 1) })
    accepted(withData({ metadata: nested(31) }))
    expect(refusal(withData({ metadata: nested(32) }))[0]).toBe('event.too_deep')
    expect(refusal(withData({ metadata: nested(200) }))[0]).toBe('event.too_deep')
  })

  it('takes latency in any form of number', () => {
    const text = JSON.stringify(withData({ latency_ms: 4711 }))
    expect(accepted(received(text.replace('4711', '120.0'))).latencyMs).toBe(120)
    expect(refusal(received(text.replace('4711', '1e400')))).toEqual(['attribute.malformed', 'data.latency_ms'])
  })
})
