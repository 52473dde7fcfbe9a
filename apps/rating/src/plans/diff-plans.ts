import type { PlanChange, PlanContent } from '@portitor/contracts'
import { diffStatements, type Statement } from '../catalog/diff-statements.ts'

type PlanStatement = Statement<Record<never, never>>

/**
 * what changes from one version of a plan to another, field by field: `charges[tokens].price.rate`. Charges, fees and
 * credits are told by their id, so a new one shifts nothing; their order counts (the first charge that names a meter takes
 * it) and is a statement of its own. What has no id (tiers, rows) is told by its place.
 */
export function diffPlans(from: PlanContent, to: PlanContent): PlanChange[] {
  return diffStatements(statementsOf('', from), statementsOf('', to), ({ what }) => what)
}

function statementsOf(path: string, value: unknown): PlanStatement[] {
  if (Array.isArray(value)) return listStatements(path, value)
  if (typeof value !== 'object' || value === null)
    return [{ what: path, place: {}, says: typeof value === 'string' ? value : JSON.stringify(value) }]
  return Object.entries(value).flatMap(([name, inner]) =>
    inner === undefined ? [] : statementsOf(path === '' ? name : `${path}.${name}`, inner),
  )
}

function listStatements(path: string, items: readonly unknown[]): PlanStatement[] {
  if (items.every((item) => typeof item === 'string')) return [{ what: path, place: {}, says: items.join(', ') }]
  const ids = items.map((item) => idOf(item))
  const named = ids.every((id) => id !== undefined)
  const order = named && items.length > 1 ? [{ what: `${path}: order`, place: {}, says: ids.join(', ') }] : []
  return [...order, ...items.flatMap((item, index) => statementsOf(`${path}[${named ? ids[index] : index}]`, item))]
}

function idOf(item: unknown): string | undefined {
  const id = typeof item === 'object' && item !== null ? (item as { id?: unknown }).id : undefined
  return typeof id === 'string' ? id : undefined
}
