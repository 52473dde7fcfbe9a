import pg from 'pg'
import type { DistributedSystem } from '@portitor/stack'

export interface Verdict {
  readonly accepted: number
  readonly posted: number
  readonly lost: number
  readonly duplicated: number
  readonly drift_nanos: string
  readonly reconciliation: Reconciliation
  readonly ok: boolean
}

interface Reconciliation {
  readonly ok: boolean
  readonly pending: number
  readonly ledger_price_nanos: string
  readonly ledger_cost_nanos: string
  readonly analytics_price_nanos: string
  readonly analytics_cost_nanos: string
  readonly differences: readonly unknown[]
}

const QUIET_MS_MAX = 180_000

/** Waits until nothing is pending, then looks at the tables themselves: what the services say of themselves is only one of the checks. */
export async function judge(system: DistributedSystem, accepted: ReadonlySet<string>): Promise<Verdict> {
  const reconciliation = await untilQuiet(system)
  const client = new pg.Client({ connectionString: system.databaseUrl })
  await client.connect()
  try {
    const { rows: transfers } = await client.query<{ event_id: string; prices: string; costs: string }>(
      `select event_id, count(*) filter (where code = 'usage.price')::text as prices, count(*) filter (where code = 'usage.cost')::text as costs
       from ledger.transfers where source = 'chaos' group by event_id`,
    )
    const posted = new Map(transfers.map((row) => [row.event_id, row]))
    const lost = [...accepted].filter((id) => !posted.has(id)).length
    const duplicated = transfers.filter(
      (row) => Number(row.prices) > 1 || Number(row.costs) > 1 || !accepted.has(row.event_id),
    ).length
    const drift = await driftNanos(client, reconciliation)
    const ok = reconciliation.ok && lost === 0 && duplicated === 0 && drift === 0n
    return {
      accepted: accepted.size,
      posted: posted.size,
      lost,
      duplicated,
      drift_nanos: String(drift),
      reconciliation,
      ok,
    }
  } finally {
    await client.end()
  }
}

/** The sum of what differs between: the counters of rating (F of each total), the transfers, the balances, and analytics. */
async function driftNanos(client: pg.Client, reconciliation: Reconciliation): Promise<bigint> {
  const one = async (sql: string): Promise<bigint> => BigInt((await client.query<{ n: string }>(sql)).rows[0]!.n)
  const counters = (side: string) =>
    one(
      `select coalesce(sum((cell.value->>1)::numeric), 0)::text as n from rating.charge_counters c, jsonb_each(c.cells) cell where c.side = '${side}'`,
    )
  const transfers = (code: string) =>
    one(`select coalesce(sum(amount_nanos), 0)::text as n from ledger.transfers where code = '${code}'`)
  const balances = await one(
    `select (coalesce(sum(debits_posted), 0) - coalesce(sum(credits_posted), 0))::text as n from ledger.accounts`,
  )
  const debits = await one(`select coalesce(sum(debits_posted), 0)::text as n from ledger.accounts`)
  const [price, cost] = [await transfers('usage.price'), await transfers('usage.cost')]
  const parts = [
    price - (await counters('price')),
    cost - (await counters('cost')),
    price - BigInt(reconciliation.analytics_price_nanos),
    cost - BigInt(reconciliation.analytics_cost_nanos),
    price + cost - debits,
    balances,
  ]
  return parts.reduce((sum, part) => sum + (part < 0n ? -part : part), 0n)
}

async function untilQuiet(system: DistributedSystem): Promise<Reconciliation> {
  const deadline = Date.now() + QUIET_MS_MAX
  let last = 'no answer'
  for (;;) {
    const url = `${system.of('ledger')[0]!.url}/api/v1/reconciliation`
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${system.operatorKey}` },
      signal: AbortSignal.timeout(30_000),
    }).catch(() => undefined)
    if (response?.status === 200) {
      const found = (await response.json()) as Reconciliation
      if (found.pending === 0 && found.ok) return found
      last = JSON.stringify(found)
      if (Date.now() > deadline) return found
    } else last = response === undefined ? 'no answer' : `${response.status} ${await response.text()}`
    if (Date.now() > deadline) throw new Error(`the system does not come to rest: ${last}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
