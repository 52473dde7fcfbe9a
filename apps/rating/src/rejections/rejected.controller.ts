import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  listRejectionsQuerySchema,
  rejectionIdPathSchema,
  replayRejectionSchema,
  usageRecordedTopic,
} from '@portitor/contracts'
import { auditMessage } from '@portitor/identity'
import { Database } from '@portitor/postgres'
import { Caller, JsonBody, OptionalWorkspaceId, Path, ProblemException, Query } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import type { z } from 'zod'
import { findRejection, listRejections, markReplayed, type StoredRejection } from './rejections.store.ts'

/** Dead letters: look at them, send them again (M-7). A workspace sees its own; an operator without one sees all. */
@Controller('/api/v1/metering/rejected')
export class RejectedController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
  ) {}

  @Get()
  async list(
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Query(listRejectionsQuerySchema) query: z.infer<typeof listRejectionsQuerySchema>,
  ) {
    const { code, replayed, limit } = query
    const filter = { code, replayed, after: readCursor(query.cursor), limit: limit + 1 }
    const rows =
      workspaceId === undefined
        ? await listRejections(this.database, filter)
        : await this.database.asTenant(workspaceId, (tx) => listRejections(tx, filter))
    const data = rows.slice(0, limit)
    const last = data.at(-1)
    return { data, next_cursor: rows.length > limit && last !== undefined ? writeCursor(last) : null }
  }

  /** The event goes back to the log as it was sent, or corrected; a rejected event does not occupy its id (M-5). */
  @Post(':id/replay')
  @HttpCode(202)
  async replay(
    @Caller() caller: Caller,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(rejectionIdPathSchema) path: z.infer<typeof rejectionIdPathSchema>,
    @JsonBody(replayRejectionSchema) body: z.infer<typeof replayRejectionSchema>,
  ) {
    const letter =
      workspaceId === undefined
        ? await findRejection(this.database, path.id)
        : await this.database.asTenant(workspaceId, (tx) => findRejection(tx, path.id))
    if (letter === undefined)
      throw new ProblemException(404, 'rejection.not_found', `There is no rejected event ${path.id}.`)
    if (letter.replayed_at !== null) {
      throw new ProblemException(409, 'rejection.already_replayed', `It was sent again at ${letter.replayed_at}.`)
    }
    if (letter.rejected_by !== 'rating') {
      throw new ProblemException(
        409,
        'rejection.not_replayable',
        `It was refused by ${letter.rejected_by}, after it had been rated: sending it again would not reach that service.`,
      )
    }
    const event = body.event === undefined ? undefined : JSON.stringify(correct(letter, body.event))
    if (event === undefined && letter.encoding === 'base64') {
      throw new ProblemException(
        400,
        'rejection.unreadable',
        'The record holds no event that could be sent again: give a corrected one as `event`.',
      )
    }
    const replayedAt = new Date()
    await this.database.transaction(async (tx) => {
      await markReplayed(tx, path.id, replayedAt)
      await this.bus.publish(tx, [
        {
          topic: usageRecordedTopic,
          key: letter.workspace_id,
          value: event ?? letter.event,
          headers: { 'content-type': 'application/cloudevents+json' },
        },
        auditMessage(uuidv7(), replayedAt, caller, {
          service: 'rating',
          workspaceId: letter.workspace_id,
          action: 'rejection.replayed',
          target: `rejection:${path.id}`,
          after: { rejection_id: path.id, corrected: event !== undefined },
        }),
      ])
    })
    this.bus.committed()
    return { rejection_id: path.id, replayed_at: replayedAt.toISOString() }
  }
}

/** A correction stays what it corrects: same workspace, and same source and id unless it says otherwise. */
function correct(letter: StoredRejection, event: Record<string, unknown>): Record<string, unknown> {
  const own = { source: letter.source, id: letter.id, specversion: '1.0' }
  const subject = letter.workspace_id === null ? {} : { subject: letter.workspace_id }
  return { ...own, ...event, ...subject }
}

function writeCursor(last: StoredRejection): string {
  return Buffer.from(`${last.rejected_at} ${last.rejection_id}`).toString('base64url')
}

/** A day that its month does not have would be read as one of the next month. */
function isInstant(text: string): boolean {
  return new Date(text).getUTCDate() === Number(text.slice(8, 10))
}

function readCursor(cursor: string | undefined): { rejectedAt: string; id: string } | undefined {
  if (cursor === undefined) return undefined
  const [, rejectedAt, id] =
    /^(\d{4}-\d{2}-\d{2}T[\d:.]+Z) ([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (rejectedAt === undefined || id === undefined || !isInstant(rejectedAt)) {
    throw new ProblemException(400, 'cursor.malformed', 'Use the `next_cursor` of the page before as it is.', {
      field: 'cursor',
    })
  }
  return { rejectedAt, id }
}
