import {
  type Aggregation,
  type UsageDimension,
  usageDimensions,
  type UsageQuery,
  type UsageWindow,
  usualMeters,
} from '@portitor/contracts'
import { meterTotal } from './meter-total.ts'
import { meterColumns } from './meter-columns.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const spanMsDefault = 30 * dayMs

export interface Scope {
  /** The tenant that asks; undefined: an operator, who sees all. */
  readonly workspaceId: string | undefined
  readonly nowMs: number
  /** How a meter's quantities come together, by its full name. */
  readonly aggregationOf: (meter: string) => Aggregation
}

/** A statement of the engine, and what its parameters are bound to. */
interface Statement {
  readonly sql: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface UsagePlan {
  readonly fromMs: number
  readonly toMs: number
  readonly window: UsageWindow
  readonly groupBy: readonly UsageDimension[]
  /** Result column of each meter. */
  readonly meters: ReadonlyMap<string, string>
  readonly rows: Statement
  readonly totals: Statement
  /** Whether the rows are the totals, provided that they fit on a page. */
  readonly rowsAreTotals: boolean
}

/**
 * The only place that builds a query of a tenant (A-9). Every name in it stands in this file; every value is bound, the
 * tenant's workspace first of all; and cost is not among the columns a tenant's query has, so no later mistake can show it.
 * `after` holds the group keys of the last row of the page before.
 */
export function planUsage(query: UsageQuery, scope: Scope, after?: readonly string[]): UsagePlan {
  const { fromMs, toMs } = rangeOf(query, scope.nowMs)
  const grain = grainOf(query.window, fromMs, toMs)
  const groupBy = usageDimensions.filter((dimension) => query.group_by?.includes(dimension))
  const names = query.meter === undefined || query.meter.length === 0 ? usualMeters : query.meter
  const meters = new Map(names.map((name, index) => [name, `meter_${index}`] as const))
  const { conditions, parameters } = conditionsOf(query, scope, grain, fromMs, toMs)
  for (const [name, column] of meters) if (!meterColumns.has(name)) parameters[column] = name
  const sums = [
    // A correction is no event (R-9): its amounts count alone.
    'countIf(revision = 0) as events',
    'sum(toInt128(price_nanos)) as price',
    ...(scope.workspaceId === undefined ? ['sum(toInt128(cost_nanos)) as cost'] : []),
    ...[...meters].map(([name, column]) => `${meterTotal(name, column, scope.aggregationOf(name))} as ${column}`),
  ].join(', ')
  const from = `from rated_usages where ${conditions.join(' and ')}`
  const keys = [
    windowStart(query.window, grain),
    ...groupBy.map((dimension) => `toString(${dimension})`),
    'toString(currency)',
  ]
  const keyColumns = keys.map((_, index) => `key_${index}`)
  const page = pageAfter(keyColumns, after)
  return {
    fromMs,
    toMs,
    window: query.window,
    groupBy,
    meters,
    rows: {
      sql: `select ${keys.map((key, index) => `${key} as key_${index}`).join(', ')}, ${sums} ${from}
group by ${keyColumns.join(', ')} ${page.having} order by ${keyColumns.join(', ')} limit {limit:UInt32}`,
      // One more than asked for tells whether there is a next page.
      parameters: { ...parameters, ...page.parameters, limit: query.limit + 1 },
    },
    totals: { sql: `select currency as key_0, ${sums} ${from} group by key_0 order by key_0`, parameters },
    rowsAreTotals: query.window === 'total' && groupBy.length === 0 && after === undefined,
  }
}

/** Rollups know whole hours, so the range is widened to them. */
function rangeOf(query: UsageQuery, nowMs: number): { fromMs: number; toMs: number } {
  const toMs = ceilTo(query.to === undefined ? nowMs : Date.parse(query.to), hourMs)
  const from = query.from === undefined ? toMs - spanMsDefault : Date.parse(query.from)
  return { fromMs: from - modulo(from, hourMs), toMs }
}

/** The coarsest rollup that can answer. */
function grainOf(window: UsageWindow, fromMs: number, toMs: number): 'Hour' | 'Day' {
  return window !== 'hour' && modulo(fromMs, dayMs) === 0 && modulo(toMs, dayMs) === 0 ? 'Day' : 'Hour'
}

function conditionsOf(query: UsageQuery, scope: Scope, grain: string, fromMs: number, toMs: number) {
  const start = `toStartOf${grain}(time, 'UTC')`
  const conditions = [`${start} >= {from:DateTime('UTC')}`, `${start} < {to:DateTime('UTC')}`]
  const parameters: Record<string, unknown> = { from: toDateTime(fromMs), to: toDateTime(toMs) }
  if (scope.workspaceId !== undefined) {
    conditions.unshift('workspace_id = {tenant:UUID}')
    parameters['tenant'] = scope.workspaceId
  }
  for (const dimension of usageDimensions) {
    const values = query[dimension]
    if (values === undefined) continue
    conditions.push(`${dimension} in {${dimension}:Array(${dimension === 'workspace_id' ? 'UUID' : 'String'})}`)
    parameters[dimension] = values
  }
  return { conditions, parameters }
}

function windowStart(window: UsageWindow, grain: 'Hour' | 'Day'): string {
  const start = `toStartOf${grain}(time, 'UTC')`
  if (window === 'total') return `{from:DateTime('UTC')}`
  if (window === 'hour') return start
  return window === 'day' ? `toStartOfDay(${start}, 'UTC')` : `toDateTime(toStartOfMonth(${start}, 'UTC'), 'UTC')`
}

function pageAfter(keyColumns: readonly string[], after: readonly string[] | undefined) {
  if (after === undefined) return { having: '', parameters: {} }
  const values = after.map((_, index) => (index === 0 ? `{after_0:DateTime('UTC')}` : `{after_${index}:String}`))
  return {
    having: `having (${keyColumns.join(', ')}) > (${values.join(', ')})`,
    parameters: Object.fromEntries(after.map((value, index) => [`after_${index}`, value])),
  }
}

function toDateTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

function ceilTo(ms: number, unitMs: number): number {
  return ms + modulo(-ms, unitMs)
}

function modulo(ms: number, unitMs: number): number {
  return ((ms % unitMs) + unitMs) % unitMs
}
