import {
  findWorkspaces,
  isSubscribedTo,
  Portitor,
  PortitorProblem,
  reportOf,
  type ReplayReport,
  replayWorkload,
  type Speed,
  startProgress,
  subscribe,
  type Workload,
} from '@portitor/workload'
import { findReplayPlan, type PlanSource } from './find-replay-plan.ts'
import type { Trace } from './read-trace.ts'
import { traceWorkload } from './trace-workload.ts'

export interface ReplayTraceOptions {
  readonly speed: Speed
  readonly workspaces: number
  /** Undefined: the price book. */
  readonly plan: PlanSource | undefined
  readonly system: { readonly url: string; readonly operatorKey: string }
  /** For people, while it runs. */
  readonly log: (line: string) => void
}

/**
 * Replays a trace into a running system and judges the outcome. Under a plan the workspaces are subscribed to it before anything is
 * sent. Throws `PortitorProblem`.
 */
export async function replayTrace(trace: Trace, options: ReplayTraceOptions): Promise<ReplayReport> {
  const { speed, system, log } = options
  if (trace.blocksForgotten > 0)
    log(`${trace.blocksForgotten} blocks were forgotten for lack of room: less counts as cached than the trace says`)
  const portitor = new Portitor(system)
  const workload = await workloadOf(portitor, trace, options)
  const progress = startProgress(process.stderr, workload.eventsCount)
  try {
    const replayed = await replayWorkload(portitor, workload, {
      speed,
      onAnswered: (events) => progress.advance(events),
      onPending: (pending) => progress.say(`${pending} not yet posted`),
    })
    return reportOf(replayed)
  } finally {
    progress.stop()
  }
}

async function workloadOf(
  portitor: Portitor,
  trace: Trace,
  { workspaces, plan: source, log }: ReplayTraceOptions,
): Promise<Workload> {
  if (source === undefined) return traceWorkload(trace, workspaces)
  await portitor.check()
  const plan = await findReplayPlan(portitor, source)
  const workload = traceWorkload(trace, workspaces, plan)
  log(`Subscribing ${workspaces} workspaces to version ${plan.version} of the plan ${plan.plan} …`)
  const ids = await findWorkspaces(portitor, workload.workspaces)
  const wanted = new Map([...ids.values()].map((id) => [id, plan]))
  const held = await subscribe(portitor, wanted, workload)
  for (const [name, id] of ids)
    if (!isSubscribedTo(held.get(id)!, plan, workload))
      throw new PortitorProblem(
        `the workspace ${name} (${id}) is subscribed otherwise at the time of the trace: its subscription was changed since; replay with another --workspaces, which are others`,
      )
  return workload
}
