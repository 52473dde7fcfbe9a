import { billSchema, type Subscription, subscriptionSchema } from '@portitor/contracts'
import { phaseAt } from '@portitor/subscriptions'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PublishedVersion } from './plans.client.ts'
import { type Portitor, PortitorProblem } from './portitor.client.ts'
import { readSubscriptions } from './subscriptions.client.ts'
import type { Workload } from './workload.ts'

const pauseMs = 100
const knownMsMax = 120_000

/** `workspaceId` → the plan it shall be subscribed to. */
export type Wanted = ReadonlyMap<string, Pick<PublishedVersion, 'plan' | 'version'>>

/**
 * Subscribes workspaces to plans from the beginning of the month of a workload's first event on, by calendar months in UTC, and
 * resolves when rating knows it: what is sent then is priced by the plan at once, and nothing has to be rated again. Who has a
 * subscription at the time of the workload keeps it, and who had this one and lost it since gets no other; what holds is answered by
 * workspace. Safe to run again and to interrupt.
 */
export async function subscribe(
  portitor: Portitor,
  wanted: Wanted,
  span: Pick<Workload, 'firstMs' | 'lastMs'>,
): Promise<ReadonlyMap<string, readonly Subscription[]>> {
  const held = new Map<string, readonly Subscription[]>()
  for (const [workspaceId, plan] of wanted) {
    const own = await readSubscriptions(portitor, workspaceId, span)
    if (own.length === 0) await start(portitor, workspaceId, plan, span)
    // The start is answered as it was, also where somebody has taken it back since: then nothing holds.
    held.set(workspaceId, own.length > 0 ? own : await readSubscriptions(portitor, workspaceId, span))
  }
  const covered = [...held].filter(([, own]) => own.some((one) => phaseAt(one, span.firstMs) !== undefined))
  await known(portitor, new Map(covered), span)
  return held
}

async function start(
  portitor: Portitor,
  workspaceId: string,
  { plan, version }: Pick<PublishedVersion, 'plan' | 'version'>,
  { firstMs }: Pick<Workload, 'firstMs'>,
): Promise<void> {
  const starts_at = `${new Date(firstMs).toISOString().slice(0, 7)}-01T00:00:00.000Z`
  const body = { plan, version, starts_at, backdate: true, trial_days: 0 }
  const key = createHash('sha256')
    .update(`workload subscription ${workspaceId} ${JSON.stringify(body)}`)
    .digest('hex')
  await portitor.post(subscriptionSchema.strip(), '/api/v1/subscriptions', body, {
    'x-workspace-id': workspaceId,
    'idempotency-key': key,
  })
}

/** Rating bills by the subscription, so it prices by it. */
async function known(
  portitor: Portitor,
  subscriptionsOf: ReadonlyMap<string, readonly Subscription[]>,
  { firstMs }: Pick<Workload, 'firstMs'>,
): Promise<void> {
  const query = new URLSearchParams({ period: new Date(firstMs).toISOString() })
  const deadlineMs = performance.now() + knownMsMax
  for (const [workspaceId, own] of subscriptionsOf)
    for (;;) {
      const headers = { 'x-workspace-id': workspaceId }
      const { subscription_id } = await portitor.get(billSchema, `/api/v1/pricing/bill?${query.toString()}`, headers)
      if (own.some(({ id }) => id === subscription_id)) break
      if (performance.now() > deadlineMs)
        throw new PortitorProblem(
          `rating does not know the subscription of workspace ${workspaceId} yet: GET /health/ready says what is wrong`,
        )
      await sleep(pauseMs)
    }
}
