import { type Queryable, textArray, uuidTextArray } from '@portitor/postgres'
import type { PlannedUsage } from '../rater/plan-usage.ts'

interface Active {
  readonly workspaceId: string
  readonly period: string
  readonly kind: 'agent' | 'workflow'
  readonly name: string
}

/** Notes which agents and workflows of subscribers were active: at least one event in the period (B-1). Once each. */
export async function noteActives(tx: Queryable, planned: readonly PlannedUsage[]): Promise<void> {
  const actives = activesOf(planned)
  if (actives.length === 0) return
  await tx.query({
    name: 'rating.note_actives',
    text: `insert into rating.period_actives (workspace_id, period, kind, name)
           select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) order by 1, 2, 3, 4 on conflict do nothing`,
    values: [
      uuidTextArray(actives, ({ workspaceId }) => workspaceId),
      textArray(actives, ({ period }) => period),
      textArray(actives, ({ kind }) => kind),
      textArray(actives, ({ name }) => name),
    ],
  })
}

/** How many agents and workflows of a subscriber were active in a period (B-1), for fees that are counted so. */
export interface Actives {
  readonly agents: number
  readonly workflows: number
}

/** Counts them; to be asked as the workspace, or as the service. */
export async function countActives(tx: Queryable, workspaceId: string, period: string): Promise<Actives> {
  const { rows } = await tx.query<{ agents: number; workflows: number }>(
    `select count(*) filter (where kind = 'agent')::int as agents, count(*) filter (where kind = 'workflow')::int as workflows
     from rating.period_actives where workspace_id = $1 and period = $2`,
    [workspaceId, period],
  )
  return rows[0]!
}

function activesOf(planned: readonly PlannedUsage[]): Active[] {
  const found = new Map<string, Active>()
  for (const { event, subscriptionId, period } of planned) {
    if (subscriptionId === undefined) continue
    const { workspaceId, attributes } = event
    for (const [kind, name] of [
      ['agent', attributes['agent_id']],
      ['workflow', attributes['workflow']],
    ] as const)
      if (name !== undefined && name !== '')
        found.set(JSON.stringify([workspaceId, period.label, kind, name]), {
          workspaceId,
          period: period.label,
          kind,
          name,
        })
  }
  return [...found.values()]
}
