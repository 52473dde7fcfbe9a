import { pageOf, type PlanContent, type Subscription, subscriptionSchema } from '@portitor/contracts'
import { phaseAt } from '@portitor/subscriptions'
import { findPlan, type PublishedVersion } from './plans.client.ts'
import { type Portitor, PortitorProblem } from './portitor.client.ts'
import { beyondPhase, beyondPlan, planKey, type Subscribed } from './subscribed-books.ts'
import type { Workload } from './workload.ts'

type Span = Pick<Workload, 'firstMs' | 'lastMs'>

/** A workspace with more subscriptions than this, one after the other, is not read to the end. */
const subscriptionsMax = 500
const subscriptionPage = pageOf(subscriptionSchema.strip())

/** The subscriptions of a workspace that hold some time of the span, newest first. */
export async function readSubscriptions(
  portitor: Portitor,
  workspaceId: string,
  { firstMs, lastMs }: Span,
): Promise<Subscription[]> {
  const path = `/api/v1/subscriptions?limit=${subscriptionsMax}`
  const { data } = await portitor.get(subscriptionPage, path, { 'x-workspace-id': workspaceId })
  return data.filter(
    ({ starts_at, ends_at }) =>
      Date.parse(starts_at) <= lastMs &&
      (ends_at === null || Date.parse(ends_at) > Math.max(firstMs, Date.parse(starts_at))),
  )
}

/**
 * Who of these workspaces is subscribed at the time of a workload, with the plans. Throws `PortitorProblem` where what they owe cannot be
 * computed apart from rating.
 */
export async function readSubscribed(
  portitor: Portitor,
  workspaceIds: Iterable<string>,
  span: Span,
): Promise<Subscribed> {
  const subscriptions = new Map<string, readonly Subscription[]>()
  const plans = new Map<string, PlanContent>()
  for (const workspaceId of workspaceIds) {
    const own = await readSubscriptions(portitor, workspaceId, span)
    if (own.length > 0) subscriptions.set(workspaceId, own)
    for (const phase of own.flatMap((one) => phasesIn(one, span))) {
      const beyond = beyondPhase(phase)
      if (beyond !== undefined)
        throw new PortitorProblem(`the subscription of workspace ${workspaceId} ${beyond} is computed apart`)
      const key = planKey(phase)
      if (!plans.has(key)) plans.set(key, await contentOf(portitor, phase.plan, phase.version!))
    }
  }
  return { subscriptions, plans }
}

/** Whether one subscription holds all of the span, under one version of a plan and nothing else. */
export function isSubscribedTo(
  subscriptions: readonly Subscription[],
  { plan, version }: Pick<PublishedVersion, 'plan' | 'version'>,
  span: Span,
): boolean {
  const [own, ...others] = subscriptions
  if (own === undefined || others.length > 0) return false
  if (phaseAt(own, span.firstMs) === undefined || phaseAt(own, span.lastMs) === undefined) return false
  return phasesIn(own, span).every(
    (phase) => planKey(phase) === planKey({ plan, version }) && beyondPhase(phase) === undefined,
  )
}

function phasesIn(subscription: Subscription, { firstMs, lastMs }: Span): Subscription['phases'] {
  const first = phaseAt(subscription, Math.max(firstMs, Date.parse(subscription.starts_at)))
  return subscription.phases.filter(
    (phase) => phase === first || (Date.parse(phase.from) > firstMs && Date.parse(phase.from) <= lastMs),
  )
}

async function contentOf(portitor: Portitor, plan: string, version: number): Promise<PlanContent> {
  const found = await findPlan(portitor, plan, version)
  if (found === undefined) throw new PortitorProblem(`there is no plan ${plan} in version ${version}`)
  const beyond = beyondPlan(found.content)
  if (beyond !== undefined) throw new PortitorProblem(`the plan ${plan} is not computed apart: ${beyond}`)
  return found.content
}
