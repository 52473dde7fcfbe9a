import { type RatedUsage, type UsageAnswer, usageAnswerSchema } from '@portitor/contracts'
import { formatQuantity, parseQuantity } from '@portitor/money'
import type { Running } from './analytics-world.fixture.ts'
import { ratedUsage } from './rated-usage.fixture.ts'

export const here = '0199c1d2-7b3a-7c4e-9d21-000000000001'
export const there = '0199c1d2-7b3a-7c4e-9d21-000000000002'
export const range = 'from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z'

/** Every dimension, two currencies, four months, a fraction, a meter without a column, amounts that no 64 bits can add. */
export const events: readonly RatedUsage[] = Array.from({ length: 600 }, (_, n) => {
  const pick = <Item>(...items: Item[]) => items[n % items.length]!
  const team = pick('red', 'blue', undefined)
  return ratedUsage({
    id: `event-${n}`,
    workspace_id: n % 4 === 3 ? there : here,
    time: new Date(Date.UTC(2026, n % 4, 1 + (n % 3), n % 5, n % 60, n % 60, n)).toISOString(),
    ...(team === undefined ? {} : { team }),
    org_id: pick('org'),
    user_id: `user-${n % 7}`,
    agent_id: `agent-${n % 6}`,
    workflow: pick('triage', `o'hara "x" \\ {y}`),
    cost_center: pick('chat', 'search'),
    model: pick('gpt-4o', 'o3', 'claude-sonnet-4'),
    region: pick('eu'),
    status: n % 10 === 0 ? 'error' : 'ok',
    currency: n % 8 === 0 ? 'EUR' : 'USD',
    quantities: {
      input_tokens: String(n),
      output_tokens: '0.000000001',
      ...(n % 2 === 0 ? { gpu_seconds: '1.5', 'outcome:meeting_booked': '1' } : {}),
    },
    price_nanos: n % 100 === 1 ? '9223372036854775807' : String(n * 1_000),
    cost_nanos: n % 50 === 0 ? String(-n) : String(n * 700),
  })
})

interface Expected {
  events: number
  price: bigint
  cost: bigint
  quantities: Map<string, bigint>
}
/** The same sums, the plain way. */
export function sum(of: readonly RatedUsage[], keyOf: (event: RatedUsage) => string): Map<string, Expected> {
  const sums = new Map<string, Expected>()
  for (const event of of) {
    const key = keyOf(event)
    const group = sums.get(key) ?? { events: 0, price: 0n, cost: 0n, quantities: new Map<string, bigint>() }
    sums.set(key, group)
    group.events += 1
    group.price += BigInt(event.price_nanos)
    group.cost += BigInt(event.cost_nanos)
    for (const [meter, quantity] of Object.entries(event.quantities))
      group.quantities.set(meter, (group.quantities.get(meter) ?? 0n) + parseQuantity(quantity))
  }
  return sums
}

/** Asks the usage API, and compares what it answers with the plain sums. */
export function usageClient(service: Running) {
  const usage = async (query: string, workspaceId?: string): Promise<UsageAnswer> => {
    const { status, body } = await service.get(`/api/v1/metering/usage?${query}`, workspaceId)
    expect([status, status === 200 ? '' : body]).toEqual([200, ''])
    return usageAnswerSchema.parse(body)
  }
  const refusal = async (query: string, workspaceId?: string) => {
    const { status, body } = await service.get<{ code: string; detail: string }>(
      `/api/v1/metering/usage?${query}`,
      workspaceId,
    )
    return `${status} ${body.code}: ${body.detail}`
  }
  const allPages = async (query: string, workspaceId?: string) => {
    const data: UsageAnswer['data'] = []
    let answer = await usage(query, workspaceId)
    for (;;) {
      data.push(...answer.data)
      if (answer.next_cursor === null) return { ...answer, data }
      answer = await usage(`${query}&cursor=${answer.next_cursor}`, workspaceId)
    }
  }
  const expectRows = (
    rows: UsageAnswer['data'],
    expected: Map<string, Expected>,
    keyOf: (row: UsageAnswer['data'][number]) => string,
    isOperator = true,
  ) => {
    expect(rows.map(keyOf).sort()).toEqual([...expected.keys()].sort())
    for (const row of rows) {
      const group = expected.get(keyOf(row))!
      expect(row).toMatchObject({ events: group.events, price_nanos: String(group.price) })
      expect(row.cost_nanos).toBe(isOperator ? String(group.cost) : undefined)
      expect(row.margin_nanos).toBe(isOperator ? String(group.price - group.cost) : undefined)
      for (const [meter, quantity] of Object.entries(row.quantities))
        expect([meter, quantity]).toEqual([meter, formatQuantity(group.quantities.get(meter) ?? 0n)])
    }
  }
  return { usage, refusal, allPages, expectRows }
}
