import { Controller, Get, Inject } from '@nestjs/common'
import { type UsageAnswer, type UsageQuery, usageQuerySchema } from '@portitor/contracts'
import { aggregationOf } from '@portitor/metering'
import { OptionalWorkspaceId, ProblemException, Query } from '@portitor/service'
import { meterColumns } from './meter-columns.ts'
import { MetersCache } from './meters.cache.ts'
import { fromCursor } from './usage-cursor.ts'
import { planUsage, type Scope } from './usage-query.ts'
import { UsageStore } from './usage.store.ts'

/** Usage by window and dimension (M-9, A-2). A tenant sees its own, and price, never cost or margin. */
@Controller('api/v1/metering/usage')
export class UsageController {
  constructor(
    @Inject(UsageStore) private readonly usage: UsageStore,
    @Inject(MetersCache) private readonly meters: MetersCache,
  ) {}

  @Get()
  async read(
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Query(usageQuerySchema) query: UsageQuery,
  ): Promise<UsageAnswer> {
    const scope = { workspaceId, nowMs: Date.now(), aggregationOf: this.aggregations(query) }
    const plan = planUsage(query, scope, afterOf(query))
    if (plan.fromMs >= plan.toMs) throw new ProblemException(400, 'usage.empty_range', '`from` has to be before `to`.')
    return this.usage.read(plan, query.limit)
  }

  private aggregations({ meter = [] }: UsageQuery): Scope['aggregationOf'] {
    const { index } = this.meters
    if (index !== undefined) return (name) => aggregationOf(index, name)
    if (meter.every((name) => meterColumns.has(name))) return () => 'sum'
    throw new ProblemException(
      503,
      'meters.loading',
      'The meters are still being read, and with them how each adds up. Ask again in a moment.',
      {},
      { 'retry-after': '1' },
    )
  }
}

function afterOf({ cursor, group_by: groupBy = [] }: UsageQuery): readonly string[] | undefined {
  if (cursor === undefined) return undefined
  const keys = fromCursor(cursor, groupBy.length + 2)
  if (keys !== undefined) return keys
  throw new ProblemException(
    400,
    'usage.bad_cursor',
    'The cursor is not of a list with these parameters: repeat the call that gave it, with `cursor` alone added.',
  )
}
