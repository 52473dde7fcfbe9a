import { Portitor, reportOf, type ReplayReport, replayWorkload, startProgress, subscribe } from '@portitor/workload'
import { type DemoCustomer, ensureDemoCustomers } from './demo-customers.ts'
import { ensureExamplePlans } from './example-plans.ts'
import { demoAgents, demoCustomers, demoPlans, demoWorkload, withAgentIds } from './workload.ts'

export interface Demo {
  readonly report: ReplayReport
  readonly customers: readonly DemoCustomer[]
}

/**
 * Publishes the example plans, creates the demo customers with a key and agents each and subscribes four of them, sends a week of their
 * usage over HTTP and waits until all of it is posted, with a progress bar where stderr is a terminal. On data that has it already
 * nothing is added. Rejects where the system cannot be used.
 */
export async function runDemo(system: { url: string; operatorKey: string }): Promise<Demo> {
  const portitor = new Portitor(system)
  const plans = await ensureExamplePlans(portitor)
  const customers = await ensureDemoCustomers(portitor, demoCustomers, demoAgents)
  const agents = new Map(customers.map(({ name, agents: ids }) => [name, ids]))
  const workload = withAgentIds(demoWorkload(), (customer, agent) => agents.get(customer)?.get(agent))
  const wanted = customers.flatMap(({ name, workspaceId }) => {
    const plan = plans.get(demoPlans.get(name) ?? '')
    return plan === undefined ? [] : [[workspaceId, plan] as const]
  })
  await subscribe(portitor, new Map(wanted), workload)
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
