import type { Workload, WorkloadEvent } from '@portitor/workload'
import { assignRow } from './assign-row.ts'
import type { Trace } from './read-trace.ts'
import type { TraceRow } from './trace-row.ts'

/**
 * A trace as usage events. Ids, source and workspaces follow from the file's content, so replaying the same file into the same
 * system adds nothing, whatever the file is called; another number of workspaces is another workload.
 */
export function traceWorkload(trace: Trace, workspacesCount: number): Workload {
  const hash = trace.sha256.slice(0, 12)
  const digits = String(workspacesCount).length
  const workspaces = Array.from(
    { length: workspacesCount },
    (_, index) => `replay-${hash}-${workspacesCount}-${String(index + 1).padStart(Math.max(3, digits), '0')}`,
  )
  const source = `trace:${hash}`
  async function* events() {
    let number = 0
    for await (const row of trace.rows()) yield toEvent(row, number++, { hash, source, workspaces })
  }
  const { rowsCount, firstMs, lastMs } = trace
  return { source, workspaces, eventsCount: rowsCount, firstMs, lastMs, events }
}

function toEvent(
  row: TraceRow,
  number: number,
  { hash, source, workspaces }: { hash: string; source: string; workspaces: readonly string[] },
): WorkloadEvent {
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
