import { ratedUsageSchema } from '@portitor/contracts'
import { oneUnit } from '@portitor/money'
import { compileModel, type ChargeUse } from '@portitor/pricing'
import { calendarMonthAt } from '@portitor/subscriptions'
import fc from 'fast-check'
import { explanationText, readExplanation } from './explanation.ts'
import type { FreshUsage } from './ratable-usage.ts'
import type { RatedEvent } from './rate-batch.ts'
import { readEvent } from './read-event.ts'
import { ratedUsageText } from './to-rated-usage.ts'

const RATED_AT = '2026-11-21T09:00:00.000Z'
const name = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' })
const model = compileModel({ model: 'per_unit', rate: '2.5', per: '1000000' })
const time = fc.oneof(
  fc.constantFrom('2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05.67Z'),
  fc.constantFrom('2026-01-02T03:04:05.678+01:00', '2026-01-02T03:04:05.6789Z', '2026-01-02T03:04:05.678901Z'),
)

const use = (charge: string): ChargeUse => ({ key: charge, charge, version: 3, group: `${charge}@0`, cells: [] })

/** A rated event whose every text is a stranger's. */
const ratedEvents: fc.Arbitrary<RatedEvent> = fc
  .record({ source: name, id: name, agent: fc.option(name, { nil: undefined }), charge: name, cell: name, time })
  .chain((texts) => fc.bigInt({ min: -(10n ** 12n), max: 10n ** 20n }).map((amount) => ({ ...texts, amount })))
  .map(({ source, id, agent, charge, cell, time: sent, amount }) => {
    const timeMs = Date.parse(sent)
    const event = {
      workspaceId: '0199c1d2-7b3a-7c4e-9d21-000000000001',
      source,
      id,
      type: 'tokens.consumed',
      timeMs,
      attributes: agent === undefined ? {} : { agent_id: agent, stream: agent, request_id: id, model: charge },
      latencyMs: agent === undefined ? undefined : 12.5,
      quantities: new Map([['input_tokens', 12n * oneUnit + 5n]]),
      values: new Map(agent === undefined ? [] : [['active:agents', agent]]),
      raw: { time: sent },
      agentStatus: undefined,
      facts: agent === undefined ? {} : { value: 5n, quality: oneUnit, qualified: false, disputedAtMs: timeMs },
    } as unknown as FreshUsage
    const cells = [{ cell, q0: 7n, q1: 7n + oneUnit, amount, priced: model }]
    const rated = [{ use: use(charge), amount, cells }]
    const planned = {
      event,
      currency: 'USD',
      provider: charge,
      model: agent === undefined ? undefined : 'priced',
      subscriptionId: undefined,
      period: calendarMonthAt(timeMs),
      costPeriod: calendarMonthAt(timeMs),
      price: [],
      byEvent: [],
      cost: [],
      aggregations: undefined,
      written: {},
    }
    return { planned, price: rated, cost: rated, priceNanos: amount, costNanos: amount }
  })

describe('a rated event as text', () => {
  it('R-1 is what its schema takes and says what the event said, whatever its names are', () => {
    fc.assert(
      fc.property(ratedEvents, (rated) => {
        const { event, provider } = rated.planned
        const amount = String(rated.priceNanos)
        const version = { version: 3, amount_nanos: amount }
        const charge = rated.price[0]!.use.charge
        const agent = event.attributes['agent_id']
        const usage = ratedUsageSchema.parse(JSON.parse(ratedUsageText(rated, undefined, RATED_AT)))
        expect(usage).toEqual({
          workspace_id: event.workspaceId,
          source: event.source,
          id: event.id,
          type: event.type,
          time: new Date(event.timeMs).toISOString(),
          rated_at: RATED_AT,
          ...(agent === undefined
            ? { attributes: { provider: '' } }
            : {
                agent_id: agent,
                model: 'priced',
                latency_ms: 12.5,
                attributes: { stream: agent, provider: '', model: charge },
                facts: {
                  value: '0.000000005',
                  quality: '1',
                  success: false,
                  disputed_at: new Date(event.timeMs).toISOString(),
                },
              }),
          provider,
          quantities: { input_tokens: '12.000000005' },
          ...(event.values.size === 0 ? {} : { values: { 'active:agents': event.values.get('active:agents') } }),
          currency: 'USD',
          price_nanos: amount,
          cost_nanos: amount,
          charges: [
            { side: 'price', charge, ...version },
            { side: 'cost', charge, ...version },
          ],
        })
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-8 reads back as the event that it was, to be priced again', () => {
    fc.assert(
      fc.property(ratedEvents, (rated) => {
        const usage = ratedUsageSchema.parse(JSON.parse(ratedUsageText(rated, undefined, RATED_AT)))
        const { payloadHash: _, raw: __, attributes, ...event } = rated.planned.event
        const { request_id: ___, ...said } = attributes
        expect(readEvent(usage)).toEqual({ ...event, attributes: said })
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-11 is explained by one line that reads back to every quantity, amount and rate', () => {
    fc.assert(
      fc.property(ratedEvents, (rated) => {
        const line = explanationText(rated)
        expect(line).not.toContain('\n')
        const { payloadHash: _, raw: __, attributes, ...event } = rated.planned.event
        const { request_id: ___, ...said } = attributes
        const [{ use: charged, cells }] = rated.price as [RatedEvent['price'][number]]
        const { cell, q0, q1, amount } = cells[0]!
        const { charge, version, group } = charged
        const price = { model: 'per_unit', rate: '2.5', per: '1000000' }
        const step = { charge, version, group, cell, q0, q1, amount, price }
        expect(readExplanation(line)).toEqual({
          currency: 'USD',
          priceNanos: amount,
          costNanos: amount,
          price: [{ side: 'price', ...step }],
          cost: [{ side: 'cost', ...step }],
          usage: {
            event: { ...event, attributes: said },
            provider: rated.planned.provider,
            model: rated.planned.model,
            period: rated.planned.period,
            subscriptionId: undefined,
          },
          correction: undefined,
        })
      }),
      { numRuns: 1_000 },
    )
  })
})
