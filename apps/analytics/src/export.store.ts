import { Inject, Injectable } from '@nestjs/common'
import { ClickHouse } from '@portitor/clickhouse'
import {
  type ExportedUsage,
  type ExportPage,
  type ExportQuery,
  type RatedFacts,
  ratedFactsSchema,
} from '@portitor/contracts'
import { exportedTexts, type ExportPlace, exportStatement, toExportCursor } from './export-query.ts'

type Texts = Readonly<Record<string, string>>

interface Row {
  readonly workspace_id: string
  readonly source: string
  readonly id: string
  readonly time_ms: string
  readonly first_quantities: Texts
  readonly first_values: Texts
  readonly first_attributes: Texts
  readonly newest_facts: Texts
  readonly amounts: readonly (readonly [currency: string, price: string, cost: string])[]
}

const secondsMax = 30
/** The rows of an event are found in the order of the table, so that a page costs a page. */
const settings = { optimize_aggregation_in_order: 1, max_threads: 2 }

/** Reads rated events for whoever prices them again. */
@Injectable()
export class ExportStore {
  constructor(@Inject(ClickHouse) private readonly clickhouse: ClickHouse) {}

  async page(query: ExportQuery, after: ExportPlace | undefined): Promise<ExportPage> {
    const { sql, parameters } = exportStatement(query, after)
    const rows = await this.clickhouse.query<Row>(sql, parameters, { secondsMax, settings })
    const page = rows.slice(0, query.limit)
    return {
      data: page.map(toExported),
      next_cursor: rows.length > query.limit ? toExportCursor(placeOf(page.at(-1)!)) : null,
    }
  }
}

function placeOf({ workspace_id: workspaceId, time_ms: timeMs, source, id }: Row): ExportPlace {
  return { workspaceId, timeMs: Number(timeMs), source, id }
}

function toExported(row: Row): ExportedUsage {
  const { workspace_id, source, id, first_values: values, first_attributes: attributes, newest_facts: facts } = row
  const said = row as unknown as Texts
  const texts = exportedTexts.map((name) => [name, said[`first_${name}`] ?? ''] as const)
  return {
    workspace_id,
    source,
    id,
    time: new Date(Number(row.time_ms)).toISOString(),
    ...(Object.fromEntries(texts.filter(([name, text]) => name === 'type' || text !== '')) as { type: string }),
    quantities: row.first_quantities,
    ...(Object.keys(values).length === 0 ? {} : { values }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(Object.keys(facts).length === 0 ? {} : { facts: factsOf(facts) }),
    owed: owedOf(row.amounts),
  }
}

/** All but one are texts. */
function factsOf({ success, ...facts }: Texts): RatedFacts {
  return ratedFactsSchema.parse({ ...facts, ...(success === undefined ? {} : { success: false }) })
}

/** Corrections added to what was owed first, per currency. */
function owedOf(amounts: Row['amounts']): ExportedUsage['owed'] {
  const sums = new Map<string, { price: bigint; cost: bigint }>()
  for (const [currency, price, cost] of amounts) {
    const sum = sums.get(currency) ?? { price: 0n, cost: 0n }
    sums.set(currency, { price: sum.price + BigInt(price), cost: sum.cost + BigInt(cost) })
  }
  return [...sums].map(([currency, { price, cost }]) => ({
    currency,
    price_nanos: String(price),
    cost_nanos: String(cost),
  }))
}
