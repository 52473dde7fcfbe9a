import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type PlanContent, planSchema } from '@portitor/contracts'
import {
  ensurePlan,
  findPlan,
  type Portitor,
  PortitorProblem,
  type PublishedVersion,
  saysTheSame,
} from '@portitor/workload'

const examples = new URL('../../../examples/plans/', import.meta.url)
const planName = /^[a-z][a-z0-9_-]*$/

/** What `--plan` names: a file, or the id of a published plan or the name of an example. */
export type PlanSource = { readonly file: string } | { readonly name: string }

export function planSourceOf(text: string): PlanSource {
  return planName.test(text) ? { name: text } : { file: text }
}

/**
 * The published plan to replay under. A file's is published unless it is already; an example stands in for a name that nobody has
 * published. Throws `PortitorProblem` where there is none, or another plan has the id: nobody's plan is changed by a replay.
 */
export async function findReplayPlan(portitor: Portitor, source: PlanSource): Promise<PublishedVersion> {
  if ('file' in source) return publish(portitor, source.file, await readPlan(source.file))
  const id = source.name.replaceAll('-', '_')
  const published = await findPlan(portitor, id)
  if (published !== undefined) return published
  const example = fileURLToPath(new URL(`${source.name.replaceAll('_', '-')}.json`, examples))
  if (existsSync(example)) return publish(portitor, example, await readPlan(example))
  throw new PortitorProblem(
    `no plan ${source.name} is published, and examples/plans has none of this name: give the file of a plan`,
  )
}

async function publish(portitor: Portitor, file: string, content: PlanContent): Promise<PublishedVersion> {
  const version = await ensurePlan(portitor, content)
  if (saysTheSame(content, version)) return version
  throw new PortitorProblem(
    `the plan ${content.id} is published and says something else than ${file}: give it another id, or replay under what is published with --plan ${content.id}`,
  )
}

async function readPlan(file: string): Promise<PlanContent> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new PortitorProblem(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): give the file of a plan, or the id of a published one`,
    )
  })
  const parsed = planSchema.safeParse(parseJson(text, file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new PortitorProblem(`${file} is no plan: ${issue!.path.join('.')}: ${issue!.message}`)
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new PortitorProblem(`${file} is no JSON: ${(error as Error).message}`)
  }
}
