import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  type ClosedPeriodAnswer,
  type PageQuery,
  pageQuerySchema,
  type PeriodClosed,
  periodClosedTopic,
  periodLabelSchema,
  periodPathSchema,
} from '@portitor/contracts'
import { auditMessage } from '@portitor/identity'
import { Database } from '@portitor/postgres'
import { Caller, parse, Path, ProblemException, Query, WorkspaceId } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import type { z } from 'zod'
import { CatalogCache } from '../catalog/catalog.cache.ts'
import { findSubscriptions } from '../subscriptions/subscriptions.store.ts'
import { askedPeriod } from './asked-period.ts'
import { billOfPeriod } from './bill-of-period.ts'
import { type ClosedPeriod, findClosedPeriod, insertClosedPeriod, listClosedPeriods } from './closed-periods.store.ts'
import { takeTurn } from './turn.ts'

const cursorSchema = pageQuerySchema.extend({ cursor: periodLabelSchema.optional() })

/** Closing of billing periods (M-8): what comes after it is an adjustment. */
@Controller('/api/v1/pricing/periods')
export class PeriodsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(CatalogCache) private readonly catalog: CatalogCache,
  ) {}

  @Get()
  async list(@WorkspaceId() workspaceId: string, @Query(pageQuerySchema) query: PageQuery) {
    const before = query.cursor === undefined ? undefined : parse(cursorSchema, query, 'query').cursor
    const page = { before, limit: query.limit + 1 }
    const rows = await this.database.asTenant(workspaceId, (tx) => listClosedPeriods(tx, page))
    const data = rows.slice(0, query.limit)
    return { data: data.map(answerOf), next_cursor: rows.length > query.limit ? data.at(-1)!.period : null }
  }

  /** Whoever rates waits for the commit, and whoever was rating is waited for: so each event is in the period, or an adjustment. */
  @Post(':period/close')
  @HttpCode(200)
  async close(
    @Caller() caller: Caller,
    @WorkspaceId() workspaceId: string,
    @Path(periodPathSchema) path: z.infer<typeof periodPathSchema>,
  ): Promise<ClosedPeriodAnswer> {
    const answer = await this.database.transaction(async (tx) => {
      const now = await takeTurn(tx)
      const nowMs = now.getTime()
      const subscriptions = await findSubscriptions(tx, [workspaceId])
      const asked = askedPeriod(path.period, workspaceId, { subscriptions, nowMs })
      if ('refused' in asked) throw new ProblemException(404, 'period.not_found', asked.refused)
      const { period } = asked
      if (period.endMs > nowMs)
        throw new ProblemException(
          409,
          'period.not_over',
          `The period ${period.label} ends at ${new Date(period.endMs).toISOString()}: close it after that.`,
        )
      const known = await findClosedPeriod(tx, workspaceId, period.label)
      if (known !== undefined) return answerOf(known)
      const catalog = await this.catalog.inForce(tx)
      const bill = await billOfPeriod(tx, asked, { workspaceId, catalog, nowMs, isClosed: true })
      const after = answerOf(await insertClosedPeriod(tx, { workspaceId, period }, { bill, closedAt: now }))
      const target = `period:${period.label}`
      const entry = { service: 'rating', workspaceId, action: 'period.closed', target, after }
      const record: PeriodClosed = { workspace_id: workspaceId, ...after }
      await this.bus.publish(tx, [
        auditMessage(uuidv7(), now, caller, entry),
        { topic: periodClosedTopic, key: workspaceId, value: JSON.stringify(record) },
      ])
      return after
    })
    this.bus.committed()
    return answer
  }
}

function answerOf({ period, subscription_id, starts_at, ends_at, closed_at }: ClosedPeriod): ClosedPeriodAnswer {
  return {
    period,
    subscription_id,
    starts_at: starts_at.toISOString(),
    ends_at: ends_at.toISOString(),
    closed_at: closed_at.toISOString(),
  }
}
