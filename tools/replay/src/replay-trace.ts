import { Portitor, reportOf, type ReplayReport, replayWorkload, type Speed, startProgress } from '@portitor/workload'
import type { Trace } from './read-trace.ts'
import { traceWorkload } from './trace-workload.ts'

export interface ReplayTraceOptions {
  readonly speed: Speed
  readonly workspaces: number
  readonly system: { readonly url: string; readonly operatorKey: string }
  /** For people, while it runs. */
  readonly log: (line: string) => void
}

/** Replays a trace into a running system and judges the outcome. Throws `PortitorProblem`. */
export async function replayTrace(trace: Trace, options: ReplayTraceOptions): Promise<ReplayReport> {
  const { speed, workspaces, system, log } = options
  if (trace.blocksForgotten > 0)
    log(`${trace.blocksForgotten} blocks were forgotten for lack of room: less counts as cached than the trace says`)
  const progress = startProgress(process.stderr, trace.rowsCount)
  try {
    const replayed = await replayWorkload(new Portitor(system), traceWorkload(trace, workspaces), {
      speed,
      onAnswered: (events) => progress.advance(events),
      onPending: (pending) => progress.say(`${pending} not yet posted`),
    })
    return reportOf(replayed)
  } finally {
    progress.stop()
  }
}
