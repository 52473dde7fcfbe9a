import type { DistributedSystem } from '@portitor/stack'
import { usageEvent, workspaceIds } from './events.ts'
import { percentiles } from './http-load.ts'

const BATCH = 100
const POLL_MS = 10
const VISIBLE_MS_MAX = 30_000

/**
 * Sends a steady load through HTTP and, beside it, one marked event after the other, each timed from before its request
 * until both the ledger and analytics show it.
 */
export async function measureVisibility(
  system: DistributedSystem,
  options: { eventsPerSecond: number; seconds: number; log: (text: string) => void },
): Promise<{ p50: number; p99: number; load: number }> {
  const workspaces = workspaceIds(100)
  const key = system.operatorKey
  const post = async (events: readonly object[]) => {
    const response = await fetch(`${system.of('ingestion')[0]!.url}/api/v1/metering/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(events),
    })
    if (response.status !== 202) throw new Error(`ingestion answered ${response.status}: ${await response.text()}`)
    await response.arrayBuffer()
  }
  const read = async (app: string, path: string, workspace: string): Promise<string> => {
    const url = `${system.of(app)[0]!.url}${path}`
    const response = await fetch(url, { headers: { authorization: `Bearer ${key}`, 'x-workspace-id': workspace } })
    return response.text()
  }
  const endMs = performance.now() + options.seconds * 1_000
  let sent = 0
  const load = async () => {
    const begun = performance.now()
    while (performance.now() < endMs) {
      const due = Math.floor(((performance.now() - begun) / 1_000) * options.eventsPerSecond)
      while (sent + BATCH <= due && performance.now() < endMs) {
        await post(
          Array.from({ length: BATCH }, (_, n) =>
            usageEvent('load', sent + n, workspaces[(sent + n) % workspaces.length]!),
          ),
        )
        sent += BATCH
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const durations: number[] = []
  const probe = async () => {
    for (let number = 0; performance.now() < endMs; number += 1) {
      const workspace = workspaces[number % workspaces.length]!
      const event = usageEvent('probe', number, workspace)
      const marked = { ...event, time: new Date().toISOString(), data: { ...event.data, agent_id: `probe-${number}` } }
      const begun = performance.now()
      await post([marked])
      const seenBy = async (app: string, path: string, sign: RegExp) => {
        while (!sign.test(await read(app, path, workspace))) {
          if (performance.now() - begun > VISIBLE_MS_MAX)
            throw new Error(`${marked.id} is not in ${app} after ${VISIBLE_MS_MAX} ms`)
          await new Promise((resolve) => setTimeout(resolve, POLL_MS))
        }
      }
      const agent = encodeURIComponent(`probe-${number}`)
      const from = encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString())
      await Promise.all([
        seenBy('ledger', `/api/v1/ledger?agent=${agent}&from=${from}&limit=1`, /"amount_nanos"/),
        seenBy('analytics', `/api/v1/metering/usage?agent_id=${agent}&from=${from}&window=total`, /"events":"?[1-9]/),
      ])
      durations.push(performance.now() - begun)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await Promise.all([load(), probe()])
  options.log(`${durations.length} marked events beside ${Math.round(sent / options.seconds)} events a second`)
  return { ...percentiles(durations), load: Math.round(sent / options.seconds) }
}
