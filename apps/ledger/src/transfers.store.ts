import type { RatedUsage } from '@portitor/contracts'
import {
  int4Array,
  int8Array,
  jsonArray,
  type Queryable,
  textArray,
  timestampArray,
  uuidArray,
  uuidTextArray,
} from '@portitor/postgres'
import { type BalanceMove, BalanceMoves } from './balance-moves.ts'
import type { Transfer, UsageTransfers } from './to-transfers.ts'

/** One event's facts with one of its price transfers and, beside the first, its cost transfer. */
interface Row {
  readonly usage: RatedUsage
  readonly timeMs: number
  readonly price: Transfer | undefined
  readonly cost: Transfer | undefined
}

/**
 * Posts the transfers of a batch and moves the balances, in the caller's transaction: one call of `ledger.post_usage` per
 * currency. Transfers that exist already change nothing; one that exists with other content is an error (L-3).
 */
export async function postUsage(tx: Queryable, events: readonly UsageTransfers[], recordedAt: Date): Promise<void> {
  for (const [currency, rows] of byCurrency(events)) {
    const moves = movesOf(rows)
    await tx.query({
      name: 'ledger.post_usage',
      text: POST_USAGE,
      values: [
        recordedAt,
        currency,
        uuidTextArray(rows, ({ usage }) => usage.workspace_id),
        timestampArray(rows, ({ timeMs }) => timeMs),
        textArray(rows, ({ usage }) => usage.source),
        textArray(rows, ({ usage }) => usage.id),
        textArray(rows, ({ usage }) => usage.agent_id),
        textArray(rows, ({ usage }) => usage.user_id),
        textArray(rows, ({ usage }) => usage.workflow),
        textArray(rows, ({ usage }) => usage.model),
        textArray(rows, ({ usage }) => usage.provider),
        jsonArray(rows, ({ usage }) => metadataOf(usage)),
        uuidArray(rows, ({ price }) => price?.id),
        int8Array(rows, ({ price }) => price?.debit.id),
        int8Array(rows, ({ price }) => price?.credit.id),
        int8Array(rows, ({ price }) => price?.amountNanos),
        int4Array(rows, ({ price }) => price?.version),
        textArray(rows, ({ price }) => price?.charge),
        uuidArray(rows, ({ cost }) => cost?.id),
        int8Array(rows, ({ cost }) => cost?.debit.id),
        int8Array(rows, ({ cost }) => cost?.credit.id),
        int8Array(rows, ({ cost }) => cost?.amountNanos),
        int4Array(rows, ({ cost }) => cost?.version),
        uuidTextArray(moves, ({ workspaceId }) => workspaceId),
        int8Array(moves, ({ account }) => account.id),
        textArray(moves, ({ account }) => account.kind),
        textArray(moves, ({ debits }) => debits.toString()),
        textArray(moves, ({ credits }) => credits.toString()),
      ],
    })
  }
}

const PARAMETERS = Array.from({ length: 28 }, (_, n) => `$${n + 1}`).join(', ')
const POST_USAGE = `select ledger.post_usage(${PARAMETERS})`

function byCurrency(events: readonly UsageTransfers[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const { usage, timeMs, price, cost } of events) {
    const count = Math.max(price.length, cost.length)
    if (count === 0) continue
    let rows = groups.get(usage.currency)
    if (rows === undefined) groups.set(usage.currency, (rows = []))
    for (let n = 0; n < count; n += 1) rows.push({ usage, timeMs, price: price[n], cost: cost[n] })
  }
  return groups
}

function movesOf(rows: readonly Row[]): BalanceMove[] {
  const moves = new BalanceMoves()
  for (const { usage, price, cost } of rows) {
    if (price !== undefined) moves.add(usage.workspace_id, price)
    if (cost !== undefined) moves.add(usage.workspace_id, cost)
  }
  return moves.sorted()
}

/** What an event says beside the attributes that have columns of their own. */
function metadataOf(usage: RatedUsage): string | undefined {
  const { org_id, team, cost_center, region, status, agent_status, subscription_id, billed_in, revision, reverses } =
    usage
  const said = org_id ?? team ?? cost_center ?? region ?? status ?? agent_status ?? subscription_id ?? billed_in
  if (said === undefined && revision === undefined) return undefined
  const billing = { subscription_id, period: billed_in === undefined ? undefined : usage.period, billed_in }
  return JSON.stringify({ org_id, team, cost_center, region, status, agent_status, ...billing, revision, reverses })
}
