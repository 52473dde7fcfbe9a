import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  idPathSchema,
  type IdPath,
  type PageQuery,
  pageQuerySchema,
  type Rerate,
  rerateSchema,
  type ReratingAnswer,
} from '@portitor/contracts'
import { auditMessage } from '@portitor/identity'
import { Database, type Queryable } from '@portitor/postgres'
import {
  Caller,
  JsonBody,
  OptionalWorkspaceId,
  parse,
  Path,
  ProblemException,
  Query,
  RawRequest,
  readIdempotencyKey,
} from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { CatalogCache } from '../catalog/catalog.cache.ts'
import { takeTurn } from '../periods/turn.ts'
import { RerateJob } from './rerate.job.ts'
import { findRerating, insertRerating, listReratings, type Rerating } from './reratings.store.ts'

/** Re-rating of a range of time. Operators only. */
@Controller('/api/v1/pricing/reratings')
export class ReratingsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(CatalogCache) private readonly catalog: CatalogCache,
    @Inject(RerateJob) private readonly job: RerateJob,
  ) {}

  @Post()
  @HttpCode(202)
  async create(
    @Caller() caller: Caller,
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @RawRequest() request: RawRequest,
    @JsonBody(rerateSchema) body: Rerate,
  ): Promise<ReratingAnswer> {
    const key = readIdempotencyKey(request.headers['idempotency-key'])
    const { from, to, reason, ...fixed } = body
    if (Date.parse(to) <= Date.parse(from))
      throw new ProblemException(400, 'rerating.empty', 'to: a time after from', { field: 'to' })
    const id = uuidv7()
    const asked = {
      workspaceId,
      from: new Date(from),
      to: new Date(to),
      reason,
      fixed,
      key: key === undefined ? id : `asked:${key}`,
    }
    const rerating = await this.database.transaction(async (tx) => {
      await takeTurn(tx)
      await this.#checkVersions(tx, fixed)
      const made = await insertRerating(tx, id, asked)
      if (made.rerating_id !== id) return sameAs(made, asked)
      const target = `rerating:${id}`
      const entry = { service: 'rating', workspaceId: null, action: 'rerating.started', target, after: { ...body } }
      await this.bus.publish(tx, [auditMessage(uuidv7(), new Date(), caller, entry)])
      return made
    })
    this.bus.committed()
    this.job.wake()
    return answerOf(rerating)
  }

  @Get()
  async list(@Query(pageQuerySchema) query: PageQuery) {
    const before = parse(pageQuerySchema.extend({ cursor: z.uuid().optional() }), query, 'query').cursor
    const rows = await listReratings(this.database, { before, limit: query.limit + 1 })
    const data = rows.slice(0, query.limit)
    return { data: data.map(answerOf), next_cursor: rows.length > query.limit ? data.at(-1)!.rerating_id : null }
  }

  @Get(':id')
  async read(@Path(idPathSchema) path: IdPath): Promise<ReratingAnswer> {
    const found = await findRerating(this.database, path.id)
    if (found === undefined) throw new ProblemException(404, 'rerating.not_found', `There is no re-rating ${path.id}.`)
    return answerOf(found)
  }

  async #checkVersions(tx: Queryable, { price_version, cost_version, plan }: Omit<Rerate, 'from' | 'to' | 'reason'>) {
    const { plans } = await this.catalog.inForce(tx)
    for (const [side, version] of [
      ['price', price_version],
      ['cost', cost_version],
    ] as const)
      if (version !== undefined && (await this.catalog.publishedBook(tx, side, version)) === undefined)
        throw notPublished(`${side}_version`, `version ${version} of the ${side} book`)
    if (plan !== undefined && plans.get(plan.plan)?.some(({ version }) => version === plan.version) !== true)
      throw notPublished('plan', `version ${plan.version} of the plan ${plan.plan}`)
  }
}

function notPublished(field: string, what: string): ProblemException {
  return new ProblemException(409, 'version.not_published', `${field}: ${what} is not published`, { field })
}

/** A key stands for one request for ever. Those of callers are apart from those that rating gives itself, which nobody can take. */
function sameAs(
  made: Rerating,
  asked: { workspaceId: string | undefined; from: Date; to: Date; fixed: object },
): Rerating {
  const said = (workspace: string | null, from: Date, to: Date, fixed: object) =>
    JSON.stringify([workspace, from, to, Object.entries(fixed).toSorted(([a], [b]) => (a < b ? -1 : 1))])
  const { only_workspace, from_time, to_time, fixed } = made
  if (
    said(only_workspace, from_time, to_time, fixed) !==
    said(asked.workspaceId ?? null, asked.from, asked.to, asked.fixed)
  )
    throw new ProblemException(422, 'idempotency.conflict', 'This idempotency-key was used for another re-rating.')
  return made
}

function answerOf(row: Rerating): ReratingAnswer {
  const looked =
    row.status === 'done' || row.last_batch === 0n ? 1 : Number((row.next_batch * 1000n) / (row.last_batch + 1n)) / 1000
  return {
    id: row.rerating_id,
    workspace_id: row.only_workspace,
    from: row.from_time.toISOString(),
    to: row.to_time.toISOString(),
    ...row.fixed,
    reason: row.reason,
    status: row.status,
    error: row.error,
    progress: Math.min(looked, 1),
    events: Number(row.events),
    corrected: Number(row.corrected),
    refused: Number(row.refused),
    refusals: [...row.refusals],
    price_nanos: row.price_nanos,
    cost_nanos: row.cost_nanos,
    created_at: row.created_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}
