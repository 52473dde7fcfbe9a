import fc from 'fast-check'
import { type Meter, usageDataSchema, usageRecordedSchema } from '@portitor/contracts'
import { encodeEvent } from './encode-event.ts'
import { eventFields, tokenFields } from './event-fields.ts'
import { judgeEvent } from './judge-event.ts'
import { indexMeters } from './meter.ts'
import { parseJsonExactly } from './parse-json.ts'

const workspace = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const meters = indexMeters(
  tokenFields.map((name): Meter => ({
    name,
    unit: 'token',
    event_type: 'tokens.consumed',
    aggregation: 'sum',
    value: name,
    dimensions: [],
  })),
)
const nowMs = Date.parse('2026-11-21T09:00:00Z')
const context = { meters, nowMs, receivedMs: nowMs }

const odd = fc.constantFrom<unknown>(
  null,
  true,
  -1,
  0.5,
  -0,
  2 ** 53,
  '',
  'x',
  '1e3',
  '12.5',
  '-1',
  [],
  {},
  ['a'],
  '\0',
  '\ud800',
)
const anything = fc.oneof(odd, fc.jsonValue())
/** Mostly what it should be, so that a good part of the events has nothing wrong with it. */
const mostly = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: anything })
const text = mostly(fc.string({ minLength: 1, maxLength: 12 }))
const large = mostly(fc.oneof(fc.integer({ min: 1_000_000 }), fc.stringMatching(/^[1-9]\d{6,12}(\.\d{1,6})?$/)))
const small = mostly(fc.oneof(fc.nat({ max: 1_000 }), fc.stringMatching(/^\d{1,3}(\.\d{1,9})?$/)))
const data = fc.record(
  {
    ...Object.fromEntries(tokenFields.map((name) => [name, small])),
    input_tokens: large,
    output_tokens: large,
    model: mostly(fc.constant('gpt-4o')),
    provider: text,
    agent_id: text,
    workspace_id: mostly(fc.constant(workspace)),
    latency_ms: mostly(fc.double({ min: 0, noNaN: true })),
    stream: mostly(fc.boolean()),
    actor_chain: mostly(fc.array(fc.string(), { maxLength: 18 })),
    metadata: mostly(fc.dictionary(fc.string(), fc.jsonValue())),
    free: anything,
  },
  { requiredKeys: ['input_tokens', 'output_tokens', 'model'] },
)
const instant = fc
  .date({ min: new Date('2019-12-01'), max: new Date('2026-12-01'), noInvalidDate: true })
  .map((date) => date.toISOString())
const zoned = fc.constantFrom('2026-11-21T08:00:00+01:00', '2026-11-21T08:00:00.123456Z', '2026-11-21t08:00:00z')
const event = fc.record(
  {
    specversion: mostly(fc.constant('1.0')),
    id: text,
    source: text,
    type: mostly(fc.constant('tokens.consumed')),
    subject: mostly(fc.constantFrom(workspace, workspace.toUpperCase())),
    time: mostly(fc.oneof(instant, zoned)),
    datacontenttype: mostly(fc.constantFrom('application/json', 'text/json; charset=utf-8')),
    portitorreceived: mostly(instant),
    portitoragentstatus: mostly(fc.constantFrom('suspended', 'revoked')),
    sequence: mostly(fc.nat()),
    data: mostly(data),
  },
  { requiredKeys: ['specversion', 'id', 'source', 'type', 'subject', 'data'] },
)

/** As a consumer of the log would read it. */
const readBack = (written: string): unknown => JSON.parse(written)

describe('judgeEvent and usageRecordedSchema', () => {
  it('M-4 whatever is accepted parses by the schema, once it is in the log', () => {
    let acceptances = 0
    fc.assert(
      fc.property(event, (raw) => {
        const parsed = parseJsonExactly(JSON.stringify(raw))
        if ('refused' in parsed) return
        const judged = judgeEvent(parsed.value, context)
        if ('rejected' in judged) return
        acceptances += 1
        const written = encodeEvent(judged.accepted, '2026-11-21T09:00:00.000Z')
        expect(usageRecordedSchema.safeParse(readBack(written)).error).toBeUndefined()
      }),
      { numRuns: 5_000 },
    )
    expect(acceptances).toBeGreaterThan(500)
  })

  it('M-4 knows every field of the schema', () => {
    const judged = [...eventFields.keys()].filter((name) => name !== 'workspace_id')
    expect(judged.toSorted()).toEqual(Object.keys(usageDataSchema.shape).toSorted())
  })

  it('never throws, whatever the value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), event), (raw) => {
        expect(Object.keys(judgeEvent(raw, context))).toHaveLength(1)
      }),
      { numRuns: 3_000 },
    )
  })
})
