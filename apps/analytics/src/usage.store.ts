import { Inject, Injectable } from '@nestjs/common'
import { ClickHouse } from '@portitor/clickhouse'
import type { UsageAnswer, UsageTotal } from '@portitor/contracts'
import { toCursor } from './usage-cursor.ts'
import type { UsagePlan } from './usage-query.ts'

type Row = Readonly<Record<string, string>>

/** Reads the rollups. */
@Injectable()
export class UsageStore {
  constructor(@Inject(ClickHouse) private readonly clickhouse: ClickHouse) {}

  async read(plan: UsagePlan, limit: number): Promise<UsageAnswer> {
    const rows = await this.clickhouse.query<Row>(plan.rows.sql, plan.rows.parameters)
    // A statement costs the engine some 15 ms however few rows it reads.
    const totals =
      plan.rowsAreTotals && rows.length <= limit
        ? rows
        : await this.clickhouse.query<Row>(plan.totals.sql, plan.totals.parameters)
    const page = rows.slice(0, limit)
    const last = rows.length > limit ? page.at(-1) : undefined
    return {
      from: new Date(plan.fromMs).toISOString(),
      to: new Date(plan.toMs).toISOString(),
      window: plan.window,
      data: page.map((row) => ({
        window_start: new Date(`${keyOf(row, 0).replace(' ', 'T')}Z`).toISOString(),
        group: Object.fromEntries(plan.groupBy.map((name, index) => [name, keyOf(row, index + 1) || null])),
        ...sumsOf(plan, row, keyOf(row, plan.groupBy.length + 1)),
      })),
      totals: totals.map((row) => sumsOf(plan, row, keyOf(row, totals === rows ? 1 : 0))),
      next_cursor: last === undefined ? null : toCursor(keysOf(plan, last)),
    }
  }
}

function sumsOf(plan: UsagePlan, row: Row, currency: string): UsageTotal {
  const { events = '0', price = '0', cost } = row
  return {
    events: Number(events),
    quantities: Object.fromEntries([...plan.meters].map(([name, column]) => [name, row[column] ?? '0'])),
    currency,
    price_nanos: price,
    ...(cost === undefined ? {} : { cost_nanos: cost, margin_nanos: String(BigInt(price) - BigInt(cost)) }),
  }
}

function keysOf(plan: UsagePlan, row: Row): string[] {
  return Array.from({ length: plan.groupBy.length + 2 }, (_, index) => keyOf(row, index))
}

function keyOf(row: Row, index: number): string {
  return row[`key_${index}`] ?? ''
}
