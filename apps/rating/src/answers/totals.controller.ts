import { Controller, Get, Inject } from '@nestjs/common'
import { Bus, readPositions } from '@portitor/bus'
import { cutQuerySchema, usageRecordedTopic } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { ProblemException, Query } from '@portitor/service'
import type { z } from 'zod'
import { recordedUsages } from '../rater/recorded-usage.ts'
import { ratedTotalsAt, recordedTotals } from '../rater/totals.store.ts'

/** More records than this between the rater and the head of the log are not counted on demand. */
const UNREAD_RECORDS_MAX = 200_000n

/** What reconciliation asks of rating: counts of the recorded log, and the rated log's totals at the ledger's cut (L-11). */
@Controller('/api/v1/rating/totals')
export class TotalsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
  ) {}

  @Get()
  async totals(@Query(cutQuerySchema) query: z.infer<typeof cutQuerySchema>) {
    const { recorded, atCut, positions } = await this.database.snapshot(async (tx) => ({
      recorded: await recordedTotals(tx),
      atCut: await ratedTotalsAt(tx, readCut(query.cut)),
      positions: await readPositions(tx, 'rating', usageRecordedTopic),
    }))
    const unread = await this.countUnread(
      new Map(positions.map((position) => [position.partition, position.nextOffset])),
    )
    return {
      accepted: Number(recorded.events) + unread,
      duplicates: Number(recorded.duplicates),
      rejected: Number(recorded.rejected),
      rated: Number(recorded.rated),
      unread,
      at_cut: {
        events: atCut.reduce((sum, totals) => sum + Number(totals.events), 0),
        currencies: atCut.map(({ currency, priceNanos, costNanos }) => ({
          currency,
          price_nanos: String(priceNanos),
          cost_nanos: String(costNanos),
        })),
      },
    }
  }

  /** Events that lie in the log beyond the rater's position, counted from the log itself. */
  private async countUnread(next: ReadonlyMap<number, bigint>): Promise<number> {
    const ranges = await this.bus.ranges(usageRecordedTopic)
    const stretches = new Map(
      ranges.map(({ low, high }, partition) => [partition, { from: next.get(partition) ?? low, to: high }]),
    )
    const records = [...stretches.values()].reduce((sum, { from, to }) => sum + (to > from ? to - from : 0n), 0n)
    if (records > UNREAD_RECORDS_MAX) {
      throw new ProblemException(
        503,
        'rating.behind',
        `Rating is ${records} records behind; try again when it has caught up.`,
      )
    }
    let unread = 0
    await this.bus.read(usageRecordedTopic, stretches, (record) => {
      unread += recordedUsages(record).length
    })
    return unread
  }
}

function readCut(text: string): Map<number, bigint> {
  const cut = new Map<number, bigint>()
  for (const part of text === '' ? [] : text.split(',')) {
    const [partition, sequence] = part.split(':')
    cut.set(Number(partition), BigInt(sequence!))
  }
  return cut
}
