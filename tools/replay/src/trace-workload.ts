import type { PublishedVersion, Workload, WorkloadEvent } from '@portitor/workload'
import { assignPlanRow, outcomesOf, type RowOutcome } from './assign-plan-row.ts'
import { assignRow } from './assign-row.ts'
import type { Trace } from './read-trace.ts'
import type { TraceRow } from './trace-row.ts'

interface Names {
  readonly hash: string
  readonly source: string
  readonly workspaces: readonly string[]
}

/** The outcome that rows stand for. */
const outcomeName = 'meeting_booked'

/**
 * A trace as usage events. Ids, source and workspaces follow from the file's content, so replaying the same file into the same
 * system adds nothing, whatever the file is called; another number of workspaces is another workload, and so is another plan.
 * Under a plan agents are few, and where it prices outcomes some rows are followed by one.
 */
export function traceWorkload(trace: Trace, workspacesCount: number, plan?: PublishedVersion): Workload {
  const hash = trace.sha256.slice(0, 12)
  const digits = String(workspacesCount).length
  const under = plan === undefined ? '' : `${plan.plan}@${plan.version}-`
  const workspaces = Array.from(
    { length: workspacesCount },
    (_, index) => `replay-${hash}-${workspacesCount}-${under}${String(index + 1).padStart(Math.max(3, digits), '0')}`,
  )
  const source = `trace:${hash}`
  const names = { hash, source, workspaces }
  const withOutcomes = plan !== undefined && pricesOutcomes(plan)
  async function* events() {
    let number = 0
    for await (const row of trace.rows()) {
      const event = toEvent(row, number, names)
      if (plan === undefined) yield event
      else yield* underPlan(event, number, { names, withOutcomes })
      number += 1
    }
  }
  const { rowsCount, firstMs, lastMs } = trace
  const eventsCount = rowsCount + (withOutcomes ? outcomesOf(rowsCount, workspacesCount) : 0)
  return { source, workspaces, eventsCount, firstMs, lastMs, events }
}

function pricesOutcomes({ content }: PublishedVersion): boolean {
  return content.charges.some(({ meters }) => meters.includes('outcome:*') || meters.includes(`outcome:${outcomeName}`))
}

function* underPlan(
  event: WorkloadEvent,
  number: number,
  { names, withOutcomes }: { names: Names; withOutcomes: boolean },
): Generator<WorkloadEvent> {
  const { agentId, outcome } = assignPlanRow(number, names.workspaces.length)
  const own = { ...event, data: { ...event.data, agent_id: agentId } }
  yield own
  if (withOutcomes && outcome !== undefined) yield toOutcome(own, outcome)
}

function toOutcome({ data, ...event }: WorkloadEvent, outcome: RowOutcome): WorkloadEvent {
  const { agent_id, workflow, cost_center } = data
  return {
    ...event,
    id: `${event.id}-outcome`,
    type: 'outcome.achieved',
    data: { outcome: outcomeName, ...outcome, agent_id, workflow, cost_center },
  }
}

function toEvent(row: TraceRow, number: number, { hash, source, workspaces }: Names): WorkloadEvent {
  const { workspace, provider, model, agentId, workflow, costCenter } = assignRow(number, workspaces.length)
  return {
    workspace: workspaces[workspace]!,
    id: `${hash}-${number}`,
    source,
    type: 'tokens.consumed',
    time: row.time,
    data: {
      provider,
      model,
      input_tokens: row.inputTokens,
      ...(row.cachedInputTokens === 0 ? {} : { cached_input_tokens: row.cachedInputTokens }),
      output_tokens: row.outputTokens,
      agent_id: agentId,
      workflow,
      cost_center: costCenter,
    },
  }
}
