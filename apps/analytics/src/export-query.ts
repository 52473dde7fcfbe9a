import { type ExportQuery, usualMeters } from '@portitor/contracts'

/** A place in the export: the last event of a page. */
export interface ExportPlace {
  readonly workspaceId: string
  readonly timeMs: number
  readonly source: string
  readonly id: string
}

/** Columns of the event itself, empty text where it has none. */
export const exportedTexts = [
  'type',
  'org_id',
  'user_id',
  'agent_id',
  'team',
  'workflow',
  'cost_center',
  'provider',
  'model',
  'region',
  'status',
] as const

const key = 'workspace_id, time, source, id'
const usual = usualMeters.map((meter) => `'${meter}', ${meter}`).join(', ')
/** Every quantity by its meter, zeros too where the event has them, as text: JSON numbers would lose digits. */
const quantities = `mapApply((meter, quantity) -> (meter, toString(quantity)), mapUpdate(
  mapFilter((meter, quantity) -> quantity != 0 or has(zero_meters, meter), map(${usual})), other_quantities))`

/**
 * The events of a range after a place, in the order of the table, so the engine reads on from there and no further than a page.
 * The rows of an event are its first rating and its corrections, all at its time. Every value is bound.
 */
export function exportStatement(
  { from, to, workspace_id: workspaceId, limit }: ExportQuery,
  after: ExportPlace | undefined,
): { readonly sql: string; readonly parameters: Readonly<Record<string, unknown>> } {
  const conditions = [`time >= ${timeOf('from')}`, `time < ${timeOf('to')}`]
  const parameters: Record<string, unknown> = { from: Date.parse(from), to: Date.parse(to), limit: limit + 1 }
  if (workspaceId !== undefined) {
    conditions.unshift('workspace_id = {workspace:UUID}')
    parameters['workspace'] = workspaceId
  }
  if (after !== undefined) {
    // Implied by the condition after it, and what the engine finds the place by.
    conditions.push(
      workspaceId === undefined ? 'workspace_id >= {after_workspace:UUID}' : `time >= ${timeOf('after_time')}`,
    )
    conditions.push(
      `(${key}) > ({after_workspace:UUID}, ${timeOf('after_time')}, {after_source:String}, {after_id:String})`,
    )
    Object.assign(parameters, {
      after_workspace: after.workspaceId,
      after_time: after.timeMs,
      after_source: after.source,
      after_id: after.id,
    })
  }
  const first = (column: string, name: string) => `anyIf(${column}, revision = 0) as ${name}`
  const sql = `select ${key}, toUnixTimestamp64Milli(time) as time_ms,
  ${exportedTexts.map((name) => first(name, `first_${name}`)).join(', ')},
  ${first(quantities, 'first_quantities')}, ${first('meter_values', 'first_values')}, ${first('attributes', 'first_attributes')},
  argMaxIf(facts, revision, not reverses) as newest_facts,
  groupArray((toString(currency), toString(price_nanos), toString(cost_nanos))) as amounts
from rated_usages where ${conditions.join(' and ')}
group by ${key} having countIf(revision = 0) > 0 order by ${key} limit {limit:UInt32}`
  return { sql, parameters }
}

function timeOf(parameter: string): string {
  return `fromUnixTimestamp64Milli({${parameter}:Int64}, 'UTC')`
}

export function toExportCursor({ workspaceId, timeMs, source, id }: ExportPlace): string {
  return Buffer.from(JSON.stringify([workspaceId, timeMs, source, id])).toString('base64url')
}

/** Undefined where it is no cursor of an export. */
export function fromExportCursor(cursor: string): ExportPlace | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (!Array.isArray(place) || place.length !== 4) return undefined
    const [workspaceId, timeMs, source, id] = place as unknown[]
    if (typeof workspaceId !== 'string' || !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(workspaceId))
      return undefined
    if (!Number.isSafeInteger(timeMs) || typeof source !== 'string' || typeof id !== 'string') return undefined
    return { workspaceId, timeMs: timeMs as number, source, id }
  } catch {
    return undefined
  }
}
