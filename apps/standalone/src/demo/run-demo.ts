import { Portitor, reportOf, type ReplayReport, replayWorkload, startProgress } from '@portitor/workload'
import { demoWorkload } from './workload.ts'

/**
 * Creates the demo workspaces, sends them a week of usage over HTTP and waits until all of it is posted, with a progress bar
 * where stderr is a terminal. On data that has it already nothing is added. Rejects where the system cannot be used.
 */
export async function runDemo(system: { url: string; operatorKey: string }): Promise<ReplayReport> {
  const workload = demoWorkload()
  const progress = startProgress(process.stderr, workload.eventsCount)
  try {
    const replayed = await replayWorkload(new Portitor(system), workload, {
      speed: 'max',
      onAnswered: (events) => progress.advance(events),
      onPending: (pending) => progress.say(`${pending} not yet posted`),
    })
    return reportOf(replayed)
  } finally {
    progress.stop()
  }
}
