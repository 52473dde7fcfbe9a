import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  type Backtest,
  type BacktestAnswer,
  backtestPathSchema,
  backtestSchema,
  type BacktestWorkspacesQuery,
  backtestWorkspacesQuerySchema,
  type IdPath,
  type PageQuery,
  pageQuerySchema,
} from '@portitor/contracts'
import { auditMessage } from '@portitor/identity'
import { Database } from '@portitor/postgres'
import { Caller, JsonBody, parse, Path, ProblemException, Query, RawRequest } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { lockCatalog } from '../catalog/catalog-head.store.ts'
import { once } from '../catalog/kept-answers.store.ts'
import { readKey } from '../versions/request-parts.ts'
import { actorOf } from '../versions/version-actor.ts'
import { answerOf, problemOf } from './backtest-answer.ts'
import { BacktestJob } from './backtest.job.ts'
import { listResults, type ResultPlace, summarize } from './backtest-results.store.ts'
import { endBacktest, findBacktest, insertBacktest, listBacktests, type StoredBacktest } from './backtests.store.ts'
import { VersionsUnderTest } from './versions-under-test.ts'

const placeSchema = z.tuple([z.string().regex(/^-?\d{1,38}$/), z.uuid(), z.string().regex(/^[A-Z]{3}$/)])

/** Back-tests: a past period under other prices. Operators only. */
@Controller('/api/v1/pricing/backtests')
export class BacktestsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
    @Inject(VersionsUnderTest) private readonly versions: VersionsUnderTest,
    @Inject(BacktestJob) private readonly job: BacktestJob,
  ) {}

  @Post()
  @HttpCode(202)
  async create(
    @Caller() caller: Caller,
    @JsonBody(backtestSchema) body: Backtest,
    @RawRequest() { headers }: RawRequest,
  ): Promise<BacktestAnswer> {
    const now = new Date()
    const problem = problemOf(body)
    if (problem !== undefined) throw problem
    const { kind, id: caller_id } = actorOf(caller)
    const key = readKey('idempotency-key', headers['idempotency-key'])
    const call = { operation: `${kind}:${caller_id} backtest`, key, body, keptHours: 24, at: now }
    const { answer } = await this.database.transaction(async (tx) => {
      await lockCatalog(tx)
      return once(tx, call, async () => {
        const { revisions, plan } = await this.versions.find(tx, body)
        if (body.assume === 'all' && plan?.kind !== 'plan')
          throw new ProblemException(400, 'backtest.no_plan', 'plan: an add-on is no plan to subscribe to', {
            field: 'plan',
          })
        const made = await insertBacktest(tx, uuidv7(), body, revisions)
        if (made === undefined)
          throw new ProblemException(409, 'backtest.too_many', 'Other back-tests are running: wait, or cancel one.')
        const target = `backtest:${made.backtest_id}`
        const entry = { service: 'rating', workspaceId: null, action: 'backtest.started', target, after: { ...body } }
        await this.bus.publish(tx, [auditMessage(uuidv7(), now, caller, entry)])
        return answerOf(made, await summarize(tx, made.backtest_id))
      })
    })
    this.bus.committed()
    this.job.wake()
    return answer
  }

  @Get()
  async list(@Query(pageQuerySchema) query: PageQuery) {
    const before = parse(pageQuerySchema.extend({ cursor: z.uuid().optional() }), query, 'query').cursor
    const rows = await listBacktests(this.database, { before, limit: query.limit + 1 })
    const page = rows.slice(0, query.limit)
    const data: BacktestAnswer[] = []
    for (const row of page) data.push(await this.#answer(row))
    return { data, next_cursor: rows.length > query.limit ? page.at(-1)!.backtest_id : null }
  }

  @Get(':id')
  async read(@Path(backtestPathSchema) { id }: IdPath): Promise<BacktestAnswer> {
    return this.#answer(await this.#find(id))
  }

  @Get(':id/workspaces')
  async workspaces(
    @Path(backtestPathSchema) { id }: IdPath,
    @Query(backtestWorkspacesQuerySchema) { sort, limit, cursor }: BacktestWorkspacesQuery,
  ) {
    await this.#find(id)
    const after = cursor === undefined ? undefined : placeOf(cursor)
    const found = await listResults(this.database, id, { sort, after, limit: limit + 1 })
    const page = found.slice(0, limit)
    const last = found.length > limit ? page.at(-1)!.place : undefined
    return { data: page.map(({ result }) => result), next_cursor: last === undefined ? null : cursorOf(last) }
  }

  @Post(':id/cancel')
  @HttpCode(200)
  async cancel(@Caller() caller: Caller, @Path(backtestPathSchema) { id }: IdPath): Promise<BacktestAnswer> {
    await this.#find(id)
    const now = new Date()
    await this.database.transaction(async (tx) => {
      if (!(await endBacktest(tx, id, { status: 'cancelled', error: null, at: now })))
        throw new ProblemException(409, 'backtest.ended', 'This back-test does not run any more.')
      const entry = {
        service: 'rating',
        workspaceId: null,
        action: 'backtest.cancelled',
        target: `backtest:${id}`,
        after: {},
      }
      await this.bus.publish(tx, [auditMessage(uuidv7(), now, caller, entry)])
    })
    this.bus.committed()
    return this.#answer(await this.#find(id))
  }

  async #answer(backtest: StoredBacktest): Promise<BacktestAnswer> {
    return answerOf(backtest, await summarize(this.database, backtest.backtest_id))
  }

  async #find(id: string): Promise<StoredBacktest> {
    const found = await findBacktest(this.database, id)
    if (found === undefined) throw new ProblemException(404, 'backtest.not_found', `There is no back-test ${id}.`)
    return found
  }
}

function cursorOf({ value, workspaceId, currency }: ResultPlace): string {
  return Buffer.from(JSON.stringify([value, workspaceId, currency])).toString('base64url')
}

function placeOf(cursor: string): ResultPlace {
  try {
    const [value, workspaceId, currency] = placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return { value, workspaceId, currency }
  } catch {
    throw new ProblemException(400, 'request.invalid', 'cursor: the next_cursor of an earlier answer')
  }
}
