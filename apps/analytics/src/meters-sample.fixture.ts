import { type Aggregation, type Meter, type RatedUsage, type UsageAnswer } from '@portitor/contracts'
import { formatQuantity, oneUnit, parseQuantity } from '@portitor/money'
import { aggregateOf } from '@portitor/pricing'
import { ratedUsage } from './rated-usage.fixture.ts'
import { here, there } from './usage-sample.fixture.ts'

/** Meters of every aggregation, one with an open name. */
export const meters: readonly Meter[] = [
  meter('seats', 'max', 'seats'),
  meter('users', 'unique', 'user'),
  meter('visitors:*', 'unique', 'visitor'),
  meter('level', 'latest', 'level'),
  meter('gpu_seconds', 'sum', 'gpu_seconds'),
]

function meter(name: string, aggregation: Aggregation, value: string): Meter {
  const open = name.endsWith(':*') ? { name_from: 'page' } : {}
  return { name, unit: 'unit', event_type: 'spec.seen', aggregation, value, ...open, dimensions: [] }
}

/** The meters that are asked for, and how each comes together. */
export const asked: Readonly<Record<string, Aggregation>> = {
  seats: 'max',
  users: 'unique',
  'visitors:home': 'unique',
  level: 'latest',
  gpu_seconds: 'sum',
  input_tokens: 'sum',
}

/** Days and hours in disorder, ties of time and of id, values that two workspaces share, rows without any of it. */
export const events: readonly RatedUsage[] = Array.from({ length: 500 }, (_, n) => {
  const odd = (n * 7_919) % 500
  const values = {
    ...(n % 3 === 0 ? { users: `ada-${odd % 37}` } : {}),
    ...(n % 5 === 0 ? { 'visitors:home': ['__proto__', `o'hara "x" \\ {y}`, '😀', '\uffee', '7'][odd % 5]! } : {}),
  }
  return ratedUsage({
    // Two sources may send one id.
    source: n % 2 === 0 ? 'left' : 'right',
    id: n % 50 < 2 ? `tie-${n % 4 < 2 ? '😀' : '\uffee'}-${Math.floor(n / 200)}` : `event-${odd}`,
    workspace_id: n % 4 === 3 ? there : here,
    time: new Date(
      Date.UTC(2026, odd % 3, 1 + (odd % 4), n % 50 < 2 ? 23 : odd % 24, n % 50 < 2 ? 59 : 0),
    ).toISOString(),
    team: n % 6 === 0 ? 'red' : 'blue',
    currency: n % 8 === 0 ? 'EUR' : 'USD',
    quantities: {
      input_tokens: String(n),
      ...(n % 2 === 0 ? { seats: `${odd}.000000001`, level: String(odd % 90), gpu_seconds: '0.5' } : {}),
      ...Object.fromEntries(Object.keys(values).map((name) => [name, '1'])),
    },
    ...(Object.keys(values).length === 0 ? {} : { values }),
    price_nanos: String(n),
    cost_nanos: '1',
  })
})

/** What the events of each group come to for each asked meter, by the pure core and one event after the other. */
export function expected(of: readonly RatedUsage[], keyOf: (event: RatedUsage) => string): Map<string, object> {
  const groups = Map.groupBy(of, (event) => `${keyOf(event)} ${event.currency}`)
  return new Map(
    [...groups].map(([key, group]) => [
      key,
      Object.fromEntries(Object.entries(asked).map(([name, aggregation]) => [name, total(group, name, aggregation)])),
    ]),
  )
}

function total(group: readonly RatedUsage[], name: string, aggregation: Aggregation): string {
  const counted = group.filter(({ quantities }) => quantities[name] !== undefined)
  const brought = counted.map(({ id, time, quantities, values, workspace_id: workspace }) => {
    const value = values?.[name]
    return {
      id,
      timeMs: Date.parse(time),
      quantity: parseQuantity(quantities[name] ?? '0'),
      // A customer's values are its own.
      value: value === undefined ? undefined : `${workspace} ${value}`,
    }
  })
  // Sums over and over are what other specs hold against the plain way.
  if (aggregation === 'sum') return formatQuantity(brought.reduce((sum, { quantity }) => sum + quantity, 0n))
  const distinct = new Set(brought.map(({ value }) => value)).size
  if (aggregation === 'unique') expect(aggregateOf('unique', brought)).toBe(BigInt(distinct) * oneUnit)
  return formatQuantity(aggregateOf(aggregation, brought))
}

/** Quantities of the answer's rows by a key of theirs. */
export function answered(
  rows: UsageAnswer['data'],
  keyOf: (row: UsageAnswer['data'][number]) => string,
): Map<string, object> {
  return new Map(rows.map((row) => [`${keyOf(row)} ${row.currency}`, row.quantities]))
}
