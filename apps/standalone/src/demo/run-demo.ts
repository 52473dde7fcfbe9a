import { Portitor, reportOf, type ReplayReport, replayWorkload, startProgress } from '@portitor/workload'
import { type DemoCustomer, ensureDemoCustomers } from './demo-customers.ts'
import { demoAgents, demoCustomers, demoWorkload, withAgentIds } from './workload.ts'

export interface Demo {
  readonly report: ReplayReport
  readonly customers: readonly DemoCustomer[]
}

/**
 * Creates the demo customers with a key and agents each, sends a week of their usage over HTTP and waits until all of it is
 * posted, with a progress bar where stderr is a terminal. On data that has it already nothing is added. Rejects where the
 * system cannot be used.
 */
export async function runDemo(system: { url: string; operatorKey: string }): Promise<Demo> {
  const portitor = new Portitor(system)
  const customers = await ensureDemoCustomers(portitor, demoCustomers, demoAgents)
  const agents = new Map(customers.map(({ name, agents: ids }) => [name, ids]))
  const workload = withAgentIds(demoWorkload(), (customer, agent) => agents.get(customer)?.get(agent))
  const progress = startProgress(process.stderr, workload.eventsCount)
  try {
    const replayed = await replayWorkload(portitor, workload, {
      speed: 'max',
      onAnswered: (events) => progress.advance(events),
      onPending: (pending) => progress.say(`${pending} not yet posted`),
    })
    return { report: reportOf(replayed), customers }
  } finally {
    progress.stop()
  }
}
