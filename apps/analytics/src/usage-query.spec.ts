import { type Aggregation, type UsageQuery, usageDimensions, usageQuerySchema, usageWindows } from '@portitor/contracts'
import fc from 'fast-check'
import { fromCursor, toCursor } from './usage-cursor.ts'
import { planUsage, type Scope } from './usage-query.ts'

const nowMs = Date.UTC(2026, 5, 15, 12, 34, 56)
const tenant = '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e'
const aggregationOf = (meter: string) => (/^(max|unique|latest)/.exec(meter)?.[0] ?? 'sum') as Aggregation
const operator: Scope = { workspaceId: undefined, nowMs, aggregationOf }
const query = (given: Record<string, unknown> = {}): UsageQuery => usageQuerySchema.parse(given)

describe('the query of usage', () => {
  it('M-9 reads the last 30 days, to the end of the present hour, unless said', () => {
    const { fromMs, toMs, window } = planUsage(query(), operator)
    expect([new Date(fromMs).toISOString(), new Date(toMs).toISOString(), window]).toEqual([
      '2026-05-16T13:00:00.000Z',
      '2026-06-15T13:00:00.000Z',
      'total',
    ])
  })

  it('M-9 widens the range to whole hours, before 1970 too', () => {
    const of = (from: string, to: string) => {
      const plan = planUsage(query({ from, to }), operator)
      return [plan.fromMs, plan.toMs].map((ms) => new Date(ms).toISOString())
    }
    expect(of('2026-01-01T00:59:59.999Z', '2026-01-01T01:00:00.001Z')).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T02:00:00.000Z',
    ])
    expect(of('2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z')).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T01:00:00.000Z',
    ])
    expect(of('1969-12-31T23:30:00Z', '1969-12-31T23:30:00Z')).toEqual([
      '1969-12-31T23:00:00.000Z',
      '1970-01-01T00:00:00.000Z',
    ])
  })

  it('A-2 reads days where the range is of whole days, and hours where it is not or they are asked for', () => {
    const grain = (given: Record<string, unknown>) =>
      /toStartOf(Hour|Day)\(time/.exec(planUsage(query(given), operator).rows.sql)![1]
    const days = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }
    expect([
      grain(days),
      grain({ ...days, window: 'month' }),
      grain({ ...days, window: 'hour' }),
      grain({ ...days, to: '2026-02-01T01:00:00Z' }),
    ]).toEqual(['Day', 'Day', 'Hour', 'Hour'])
  })

  const text = fc
    .oneof(fc.string({ maxLength: 30 }), fc.constantFrom(`' or 1=1 --`, '{tenant:UUID}', 'cost_nanos', '*/'))
    .map((given) => `~${given}`)
  const queries = fc.record(
    {
      window: fc.constantFrom(...usageWindows),
      group_by: fc.subarray([...usageDimensions]),
      meter: fc.subarray(['input_tokens', 'gpu_seconds', 'outcome:won', 'cost_nanos', 'max_x', 'unique_x', 'latest_x']),
      team: text,
      model: fc.array(text, { minLength: 1, maxLength: 3 }),
      workflow: text,
    },
    { requiredKeys: [] },
  )
  const cursors = fc.option(fc.array(text, { minLength: 1, maxLength: 4 }), { nil: undefined })

  it('A-9 a tenant’s query always names its workspace, holds no value, and has no word of cost', () => {
    fc.assert(
      fc.property(queries, cursors, (given, after) => {
        const plan = planUsage(query(given), { ...operator, workspaceId: tenant }, after)
        for (const { sql, parameters } of [plan.rows, plan.totals]) {
          expect(sql).toContain('from rated_usages where workspace_id = {tenant:UUID} and ')
          expect(sql.split('where')).toHaveLength(2)
          expect(parameters['tenant']).toBe(tenant)
          expect(sql).not.toMatch(/cost(?!_center)/)
          expect(sql).not.toContain('~')
          expect(sql).not.toMatch(/gpu_seconds|outcome|_x\b/)
        }
      }),
    )
  })

  it('A-9 its text is one of few: the same for all values', () => {
    const of = (value: string) =>
      planUsage(query({ model: value, team: [value, value] }), { ...operator, workspaceId: tenant }, [value, value])
    expect(of(`'; drop table rated_usages`).rows.sql).toBe(of('gpt-4o').rows.sql)
    expect(of('a').rows.parameters).toMatchObject({ model: ['a'], team: ['a', 'a'], after_0: 'a', after_1: 'a' })
  })

  it('M-9 reads the rows only where a meter does not add up, and a usual meter always adds up', () => {
    const sums = (...meter: string[]) =>
      planUsage(query({ meter }), { ...operator, aggregationOf: () => 'max' }).rows.sql.split(' from ')[0]
    expect(sums('input_tokens')).toContain('sum(input_tokens) as meter_0')
    expect(sums('seats')).toContain('max(other_quantities[{meter_0:String}]) as meter_0')
    expect(planUsage(query({ meter: ['seats'] }), operator).rows.sql).toContain(
      'sumMap(other_quantities)[{meter_0:String}]',
    )
  })

  it('A-2 an operator’s has cost, and no workspace unless asked for', () => {
    const { rows } = planUsage(query(), operator)
    expect(rows.sql).toContain('cost_nanos')
    expect(rows.parameters).not.toHaveProperty('tenant')
  })

  it('M-9 a cursor brings back its keys, and nothing else is one', () => {
    const keys = ['2026-01-01 00:00:00', `o'hara "x" \\ 😀`, '', 'USD']
    expect(fromCursor(toCursor(keys), 4)).toEqual(keys)
    expect(fromCursor(toCursor(keys), 3)).toBeUndefined()
    expect(fromCursor(toCursor(['2026-01-01', 'USD']), 2)).toBeUndefined()
    for (const forged of [['2026-01-01 00:00:00', 1], { 0: 'x' }, 'x', null]) {
      expect(fromCursor(Buffer.from(JSON.stringify(forged)).toString('base64url'), 2)).toBeUndefined()
    }
    fc.assert(fc.property(fc.string(), (given) => expect(fromCursor(given, 2)).toBeUndefined()))
  })
})
