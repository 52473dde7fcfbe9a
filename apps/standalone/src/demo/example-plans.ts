import { readdir, readFile } from 'node:fs/promises'
import { planSchema } from '@portitor/contracts'
import { ensurePlan, type Portitor, type PublishedVersion } from '@portitor/workload'

/** Seen alike from `src` and from `dist`. */
const folder = new URL('../../../../examples/plans/', import.meta.url)

/**
 * Publishes the plans of `examples/plans`, in force at all times, and answers them by id. A plan of the id that is published already is left
 * as it is. Safe to run again and to interrupt. Throws `PortitorProblem`, as where plans need somebody else's approval.
 */
export async function ensureExamplePlans(portitor: Portitor): Promise<ReadonlyMap<string, PublishedVersion>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
  const plans = new Map<string, PublishedVersion>()
  for (const file of files) {
    const content = planSchema.parse(JSON.parse(await readFile(new URL(file, folder), 'utf8')))
    plans.set(content.id, await ensurePlan(portitor, content))
  }
  return plans
}
