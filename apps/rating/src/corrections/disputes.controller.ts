import { Controller, HttpCode, Inject, Post } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { type Disputed, disputeSchema } from '@portitor/contracts'
import { auditMessage } from '@portitor/identity'
import { Database, type Queryable } from '@portitor/postgres'
import { Caller, JsonBody, ProblemException, WorkspaceId } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import type { z } from 'zod'
import { explanationsOf, findRatedRow } from '../answers/event-status.store.ts'
import { joinTurn } from '../periods/turn.ts'
import { correctAlone } from './correct-alone.ts'
import { Restater } from './restater.ts'
import { takesBack } from './takes-back.ts'

/** Disputes of outcomes: within the window of its charge an outcome is taken back, as a correction by the prices it stands by. */
@Controller('/api/v1/metering/disputes')
export class DisputesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Restater) private readonly restater: Restater,
  ) {}

  @Post()
  @HttpCode(200)
  async dispute(
    @Caller() caller: Caller,
    @WorkspaceId() workspaceId: string,
    @JsonBody(disputeSchema) body: z.infer<typeof disputeSchema>,
  ): Promise<Disputed> {
    const { source, id, reason } = body
    const disputed = await this.database.transaction(async (tx) => {
      await correctAlone(tx)
      const now = await joinTurn(tx)
      const at = body.at === undefined ? now : new Date(body.at)
      const stands = await this.#standing(tx, { workspaceId, source, id })
      const { event } = stands.usage
      if (at > now || at.getTime() < event.timeMs)
        throw new ProblemException(400, 'dispute.time_invalid', 'at: a time between the event and now', { field: 'at' })
      if (event.facts.disputedAtMs !== undefined)
        throw new ProblemException(409, 'dispute.already_made', 'This event is disputed already.')
      const facts = { ...event.facts, disputedAtMs: at.getTime() }
      const becomes = { ...event, facts }
      if (!takesBack(stands, becomes))
        throw new ProblemException(
          409,
          'dispute.no_effect',
          'Nothing of this event can be taken back: it owes nothing by its outcome, or the window for disputes is over.',
        )
      const asked = { fixed: {}, reason: `disputed: ${reason}`, now }
      const { priceNanos } = await this.restater.restate(tx, [{ stands, becomes }], asked)
      const revision = (stands.correction?.revision ?? 0) + 1
      const after: Disputed = { source, id, disputed_at: at.toISOString(), revision, price_nanos: String(priceNanos) }
      const entry = { service: 'rating', workspaceId, action: 'event.disputed', target: `event:${source}/${id}`, after }
      await this.bus.publish(tx, [auditMessage(uuidv7(), now, caller, entry)])
      return after
    })
    this.bus.committed()
    return disputed
  }

  async #standing(tx: Queryable, event: { workspaceId: string; source: string; id: string }) {
    const row = await findRatedRow(tx, event)
    if (row === undefined)
      throw new ProblemException(
        404,
        'event.not_rated',
        'No event with this source and id has been rated in this workspace.',
      )
    return (await explanationsOf(tx, event, row)).at(-1)!
  }
}
