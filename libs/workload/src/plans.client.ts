import {
  type PlanContent,
  planEntrySchema,
  planVersionDetailSchema,
  planVersionSummarySchema,
  pageOf,
} from '@portitor/contracts'
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Portitor } from './portitor.client.ts'

/** Before every workload, and where the books of a new system begin. */
const effectiveFrom = '2000-01-01T00:00:00.000Z'
/** Published versions that are looked at, newest first, for one that says the same. */
const versionsMax = 100

/** A published version of a plan. */
export interface PublishedVersion {
  readonly plan: string
  readonly version: number
  readonly content: PlanContent
}

/** A version, or else the newest published one; undefined where nothing is published under the id. */
export async function findPlan(
  portitor: Portitor,
  plan: string,
  version?: number,
): Promise<PublishedVersion | undefined> {
  const newest =
    version ?? (await portitor.find(planEntrySchema, `${plansPath}/${plan}`))?.newest_published ?? undefined
  if (newest === undefined) return undefined
  const found = await portitor.get(planVersionDetailSchema, `${plansPath}/${plan}/versions/${newest}`)
  return { plan, version: newest, content: found.content }
}

/**
 * The version that says what is given, published for all times where nothing of the id is published yet. A plan that is published
 * and says something else is left as it is and answered: others may be billed by it. Safe to run again and to interrupt.
 * Throws `PortitorProblem` where the plan is refused, or where publishing needs somebody else's approval.
 */
export async function ensurePlan(portitor: Portitor, content: PlanContent): Promise<PublishedVersion> {
  const { id: plan } = content
  const newest = await findPlan(portitor, plan)
  if (newest !== undefined) return (await sameAs(portitor, content)) ?? newest
  const body = { note: 'published by a workload', content }
  // The same draft if an earlier run was interrupted before it was published.
  const key = createHash('sha256')
    .update(`workload plan ${JSON.stringify(content)}`)
    .digest('hex')
  const draft = await portitor.post(planVersionSummarySchema, `${plansPath}/${plan}/versions`, body, {
    'idempotency-key': key,
  })
  const publication = { effective_from: effectiveFrom, backdate: true }
  const path = `${plansPath}/${plan}/versions/${draft.version}/publish`
  await portitor.post(planVersionSummarySchema, path, publication, {})
  return { plan, version: draft.version, content }
}

/** Whether a plan says what a published version says. */
export function saysTheSame(content: PlanContent, version: PublishedVersion): boolean {
  return isDeepStrictEqual(content, version.content)
}

async function sameAs(portitor: Portitor, content: PlanContent): Promise<PublishedVersion | undefined> {
  const path = `${plansPath}/${content.id}/versions?limit=${versionsMax}`
  const { data } = await portitor.get(pageOf(planVersionSummarySchema), path)
  for (const { version, status } of data) {
    if (status !== 'published') continue
    const found = await findPlan(portitor, content.id, version)
    if (found !== undefined && saysTheSame(content, found)) return found
  }
  return undefined
}

const plansPath = '/api/v1/pricing/plans'
