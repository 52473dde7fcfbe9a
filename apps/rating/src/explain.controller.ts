import { Controller, Get, Inject } from '@nestjs/common'
import { explainPathSchema, explainQuerySchema } from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { explain } from '@portitor/pricing'
import { Path, ProblemException, Query, WorkspaceId } from '@portitor/service'
import type { z } from 'zod'
import { explanationOf, findRatedRow } from './event-status.store.ts'
import { toPricedLine } from './priced-line.ts'

/** Every cent of an event, from what was stored when it was rated. The workspace sees its price and never the cost. */
@Controller('/api/v1/pricing/explain')
export class ExplainController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Get(':event')
  async explain(
    @WorkspaceId() workspaceId: string,
    @Path(explainPathSchema) path: z.infer<typeof explainPathSchema>,
    @Query(explainQuerySchema) query: z.infer<typeof explainQuerySchema>,
  ) {
    const event = { workspaceId, source: query.source, id: path.event }
    const rated = await this.database.asTenant(workspaceId, (tx) => findRatedRow(tx, event))
    if (rated === undefined) {
      throw new ProblemException(
        404,
        'event.not_rated',
        'No event with this source and id has been rated in this workspace.',
      )
    }
    const { currency, priceNanos, price } = await explanationOf(this.database, rated)
    const { lines } = explain(price, currency)
    return {
      source: event.source,
      id: event.id,
      time: rated.event_time.toISOString(),
      currency,
      price_nanos: String(priceNanos),
      lines: lines.map(toPricedLine),
    }
  }
}
