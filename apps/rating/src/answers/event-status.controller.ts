import { Controller, Get, Inject } from '@nestjs/common'
import { Bus, readPositions } from '@portitor/bus'
import { eventStatusQuerySchema, usageRecordedTopic } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { Peers, ProblemException, Query, WorkspaceId } from '@portitor/service'
import type { z } from 'zod'
import { explanationsOf, findRatedRow, type RatedRow, sequenceOf } from './event-status.store.ts'
import { owedBy } from '../rater/explanation.ts'
import { transfersOf } from './ledger.client.ts'
import { findRejectionOf } from '../rejections/rejections.store.ts'

interface LedgerPositions {
  readonly data: readonly { readonly partition: number; readonly sequence: string | number | null }[]
}

/** "Where is event X" (M-13): rated, posted or rejected, each with its time; not seen yet is a 404 that names the lag. */
@Controller('/api/v1/metering/events')
export class EventStatusController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Peers) private readonly peers: Peers,
  ) {}

  @Get()
  async find(
    @WorkspaceId() workspaceId: string,
    @Query(eventStatusQuerySchema) { source, id }: z.infer<typeof eventStatusQuerySchema>,
  ) {
    const event = { workspaceId, source, id }
    const { rated, rejection } = await this.database.asTenant(workspaceId, async (tx) => ({
      rated: await findRatedRow(tx, event),
      rejection: await findRejectionOf(tx, event),
    }))
    if (rated !== undefined) return { source, id, ...(await this.whereRated(event, rated)) }
    if (rejection !== undefined && rejection.replayed_at === null) {
      const { code, field, detail, rejection_id, rejected_at } = rejection
      return { source, id, status: 'rejected', rejected_at, rejection_id, reason: { code, field, detail } }
    }
    const lag = await this.lag()
    throw new ProblemException(
      404,
      'event.not_seen',
      `No event with this source and id has been rated or rejected in this workspace; rating is ${lag} records behind the log.`,
      { lag_records: lag },
    )
  }

  private async whereRated(event: { workspaceId: string; source: string; id: string }, rated: RatedRow) {
    const explanations = await explanationsOf(this.database, event, rated)
    const { ratedAt } = explanations[0]!
    const { currency, price, correction } = explanations.at(-1)!
    const known = {
      rated_at: ratedAt.toISOString(),
      ...(price[0] === undefined ? {} : { version: price[0].version }),
      ...(correction === undefined ? {} : { revision: correction.revision }),
      currency,
      price_nanos: String(explanations.reduce((sum, one) => sum + owedBy(one), 0n)),
    }
    const partition = this.bus.partitionOf(event.workspaceId)
    const sequence = await sequenceOf(this.database, partition, ratedAt)
    const { body } = await this.peers.get<LedgerPositions>('ledger', '/api/v1/ledger/positions')
    const posted = body.data.find((position) => position.partition === partition)?.sequence
    if (sequence === undefined || posted === undefined || posted === null || BigInt(posted) < sequence) {
      return { status: 'rated', ...known }
    }
    const [first] = await transfersOf(this.peers, event, rated.event_time)
    const postedAt = first?.recorded_at
    return { status: 'posted', ...known, ...(postedAt === undefined ? {} : { posted_at: postedAt }) }
  }

  private async lag(): Promise<number> {
    const ranges = await this.bus.ranges(usageRecordedTopic)
    const positions = await readPositions(this.database, 'rating', usageRecordedTopic)
    const next = new Map(positions.map((position) => [position.partition, position.nextOffset]))
    const behind = ranges.reduce((sum, range, partition) => sum + (range.high - (next.get(partition) ?? range.low)), 0n)
    return Number(behind)
  }
}
