import type { DistributedSystem } from '@portitor/stack'
import { usageEvent, workspaceIds } from './events.ts'
import { percentiles } from './http-load.ts'

const BATCH = 100
/**
 * Asking costs the system more than an event does, so it is not asked more often than the figure needs: not analytics
 * before the ledger shows the event, since the later of the two is what counts.
 */
const POLL_MS = 50
const PAUSE_MS = 200
const VISIBLE_MS_MAX = 30_000
const workspaces = workspaceIds(100)

/**
 * Sends a steady load through HTTP and, beside it, one marked event after the other, each timed from before its request
 * until both the ledger and analytics show it.
 */
export async function measureVisibility(
  system: DistributedSystem,
  options: { run: string; eventsPerSecond: number; seconds: number; log: (text: string) => void },
): Promise<{ p50: number; p99: number; load: number }> {
  const endMs = performance.now() + options.seconds * 1_000
  const [sent, durations] = await Promise.all([
    sendSteadily(system, options.run, options.eventsPerSecond, endMs),
    timeMarkedEvents(system, options.run, endMs),
  ])
  const load = Math.round(sent / options.seconds)
  options.log(`${durations.length} marked events beside ${load} events a second`)
  return { ...percentiles(durations), load }
}

async function sendSteadily(
  system: DistributedSystem,
  run: string,
  eventsPerSecond: number,
  endMs: number,
): Promise<number> {
  const begun = performance.now()
  let sent = 0
  while (performance.now() < endMs) {
    const due = Math.floor(((performance.now() - begun) / 1_000) * eventsPerSecond)
    while (sent + BATCH <= due && performance.now() < endMs) {
      const row = (n: number) => usageEvent(`${run}-load`, sent + n, workspaces[(sent + n) % workspaces.length]!)
      await post(
        system,
        Array.from({ length: BATCH }, (_, n) => row(n)),
      )
      sent += BATCH
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return sent
}

async function timeMarkedEvents(system: DistributedSystem, run: string, endMs: number): Promise<number[]> {
  const durations: number[] = []
  for (let number = 0; performance.now() < endMs; number += 1) {
    const workspace = workspaces[number % workspaces.length]!
    const event = usageEvent(`${run}-probe`, number, workspace)
    const agent = `${run}-probe-${number}`
    const begun = performance.now()
    await post(system, [{ ...event, time: new Date().toISOString(), data: { ...event.data, agent_id: agent } }])
    const from = encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString())
    const ledger = `/api/v1/ledger?agent=${agent}&from=${from}&limit=1`
    const analytics = `/api/v1/metering/usage?agent_id=${agent}&from=${from}&window=total`
    await untilSeen(system, { app: 'ledger', path: ledger, workspace, sign: /"amount_nanos"/ })
    await untilSeen(system, { app: 'analytics', path: analytics, workspace, sign: /"events":"?[1-9]/ })
    durations.push(performance.now() - begun)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  return durations
}

async function post(system: DistributedSystem, events: readonly object[]): Promise<void> {
  const response = await fetch(`${system.of('ingestion')[0]!.url}/api/v1/metering/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.operatorKey}`, 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  })
  if (response.status !== 202) throw new Error(`ingestion answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

async function untilSeen(
  system: DistributedSystem,
  { app, path, workspace, sign }: { app: string; path: string; workspace: string; sign: RegExp },
): Promise<void> {
  const begun = performance.now()
  const headers = { authorization: `Bearer ${system.operatorKey}`, 'x-workspace-id': workspace }
  for (;;) {
    const response = await fetch(`${system.of(app)[0]!.url}${path}`, { headers })
    if (sign.test(await response.text())) return
    if (performance.now() - begun > VISIBLE_MS_MAX) throw new Error(`${app} does not show it in time: ${path}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
