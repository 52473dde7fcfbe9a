import { Inject, Injectable } from '@nestjs/common'
import { readPositions } from '@portitor/bus'
import { ClickHouse } from '@portitor/clickhouse'
import { type AnalyticsTotals, usageRatedTopic } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { CONSUMER } from './blocks.store.ts'

/** Up to and including which sequence of each partition. */
export type TotalsCut = ReadonlyMap<number, bigint>

const sumSecondsMax = 30

/** Sums of what is stored, for reconciliation (L-11). */
@Injectable()
export class TotalsStore {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ClickHouse) private readonly clickhouse: ClickHouse,
  ) {}

  /** The last sequence of each partition that is stored, of whichever producer. */
  async stored(): Promise<TotalsCut> {
    const positions = await readPositions(this.database, CONSUMER, usageRatedTopic)
    return new Map(
      positions.flatMap(({ partition, sequences }) => {
        const [first, ...rest] = Object.values(sequences)
        return first === undefined ? [] : [[partition, rest.reduce((a, b) => (a > b ? a : b), first)] as const]
      }),
    )
  }

  /** Sums over whole records, from the rollup that has a line for each: it grows with the log, not with the events. */
  async upTo(cut: TotalsCut): Promise<Omit<AnalyticsTotals, 'reached'>> {
    const rows = await this.clickhouse.query<{
      currency: string
      rows: string
      events: string
      stored: string
      price: string
      cost: string
    }>(
      `select currency, sumIf(record_rows, counts) as rows, sumIf(record_events, counts) as events, sum(record_events) as stored,
         sumIf(record_price, counts) as price, sumIf(record_cost, counts) as cost
       from (
         select log_partition, sequence, currency, count() as record_rows, countIf(revision = 0) as record_events,
           sum(toInt128(price_nanos)) as record_price, sum(toInt128(cost_nanos)) as record_cost,
           has({partitions:Array(UInt16)}, log_partition)
             and sequence <= {sequences:Array(UInt64)}[indexOf({partitions:Array(UInt16)}, log_partition)] as counts
         from rated_usages group by log_partition, sequence, currency
       )
       group by currency order by currency`,
      { partitions: [...cut.keys()], sequences: [...cut.values()] },
      { secondsMax: sumSecondsMax },
    )
    const sum = (of: (row: (typeof rows)[number]) => string) => rows.reduce((total, row) => total + Number(of(row)), 0)
    return {
      events: sum((row) => row.events),
      currencies: rows
        // A currency may have corrections alone, which are no events.
        .filter((row) => row.rows !== '0')
        .map(({ currency, price, cost }) => ({ currency, price_nanos: price, cost_nanos: cost })),
      events_stored: sum((row) => row.stored),
    }
  }
}
