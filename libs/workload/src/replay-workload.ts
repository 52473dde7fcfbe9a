import type { Reconciliation } from '@portitor/contracts'
import { readAnalyticsTotals } from './analytics-totals.client.ts'
import { awaitPosted } from './await-posted.client.ts'
import { type Billed, readBills } from './bills.client.ts'
import { readCatalog } from './catalog.client.ts'
import { Expectation, type ExpectedTotals } from './expected-totals.ts'
import { findWorkspaces } from './find-workspaces.client.ts'
import { type Amounts, readLedgerTotals } from './ledger-totals.client.ts'
import type { Speed } from './pace.ts'
import type { Portitor } from './portitor.client.ts'
import { type OutgoingEvent, sendEvents, type Sent } from './send-events.client.ts'
import { readSubscribed } from './subscriptions.client.ts'
import type { Workload } from './workload.ts'

/** How long an earlier run that is still on its way is waited for, so that its events do not pass for new ones. */
const settleMsMax = 15_000

export interface ReplayOptions {
  readonly speed: Speed
  /** Events answered so far. */
  onAnswered?(events: number): void
  /** Called while waiting, with how many events of the whole system are not yet in ledger and analytics. */
  onPending?(pending: number): void
}

/** Everything that is known after a workload was sent; amounts in nano-units. */
export interface Replayed {
  readonly sent: Sent
  readonly expected: ExpectedTotals
  readonly ledger: Amounts
  readonly analytics: Amounts & { readonly events: number }
  /** By workspace id, of those who are subscribed. */
  readonly bills: ReadonlyMap<string, Billed>
  /** How many of the events were there before this run. */
  readonly duplicates: number
  readonly reconciliation: Reconciliation
  /** From the first event sent until all were posted. */
  readonly seconds: number
  /** Names by workspace id. */
  readonly workspaces: ReadonlyMap<string, string>
}

/**
 * Sends a workload through HTTP ingestion, waits until it is posted and reads what ledger and analytics hold of it.
 * Safe to run again and to interrupt: ids and workspaces follow from the workload. Throws `PortitorProblem` where the
 * system cannot be used.
 */
export async function replayWorkload(
  portitor: Portitor,
  workload: Workload,
  { speed, onAnswered, onPending }: ReplayOptions,
): Promise<Replayed> {
  await portitor.check()
  const ids = await findWorkspaces(portitor, workload.workspaces)
  const workspaceIds = [...ids.values()]
  const subscribed = await readSubscribed(portitor, workspaceIds, workload)
  const catalog = { ...(await readCatalog(portitor, workload)), subscribed }
  await awaitPosted(portitor, { stallMsMax: settleMsMax })
  const before = await readAnalyticsTotals(portitor, workspaceIds, workload)

  const expectation = new Expectation(catalog)
  const startMs = performance.now()
  const sent = await sendEvents(portitor, outgoing(workload, ids, expectation), {
    speed,
    ...(onAnswered === undefined ? {} : { onAnswered }),
  })
  const reconciliation = await awaitPosted(portitor, onPending === undefined ? {} : { onPending })
  const seconds = Math.max(1, Math.round(performance.now() - startMs)) / 1_000

  const expected = expectation.totals()
  const ledger = await readLedgerTotals(portitor, workspaceIds, workload)
  const analytics = await readAnalyticsTotals(portitor, workspaceIds, workload)
  const bills = await readBills(portitor, expected.subscribers)
  const taken = sent.accepted + sent.duplicates - expected.unpriced
  const duplicates = Math.max(0, taken - (analytics.events - before.events))
  const workspaces = new Map([...ids].map(([name, id]) => [id, name]))
  return { sent, expected, ledger, analytics, bills, duplicates, reconciliation, seconds, workspaces }
}

async function* outgoing(
  workload: Workload,
  ids: ReadonlyMap<string, string>,
  expectation: Expectation,
): AsyncGenerator<OutgoingEvent> {
  for await (const { workspace, ...event } of workload.events()) {
    const subject = ids.get(workspace)
    if (subject === undefined) throw new Error(`the workload names no workspace ${workspace}`)
    const raw = { specversion: '1.0', ...event, subject }
    expectation.add(raw, Date.now())
    const text = JSON.stringify(raw)
    yield { text, timeMs: Date.parse(event.time), bytes: Buffer.byteLength(text) }
  }
}
