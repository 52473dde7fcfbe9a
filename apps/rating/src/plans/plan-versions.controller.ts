import { Controller, Get, HttpCode, Inject, Post, Put } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import {
  diffPlanQuerySchema,
  draftPlanSchema,
  type PlanContent,
  type PlanDiff,
  planPathSchema,
  type PlanVersionDetail,
  planVersionPathSchema,
  type PlanVersionSummary,
  publishPlanSchema,
  type ReviewVersion,
  reviewVersionSchema,
  rollbackVersionSchema,
} from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { Caller, JsonBody, Path, ProblemException, Query, RawRequest } from '@portitor/service'
import type { z } from 'zod'
import { currencyInUse } from '../catalog/catalog-head.store.ts'
import { pageOfChanges } from '../catalog/diff-statements.ts'
import { MetersStore } from '../catalog/meters.store.ts'
import { FOUR_EYES } from '../versions/four-eyes.ts'
import { bodyOrDefault, positionOf, readKey } from '../versions/request-parts.ts'
import { VersionChanges } from '../versions/version-changes.ts'
import { checkPlan } from './check-plan.ts'
import { diffPlans } from './diff-plans.ts'
import { refuseFull } from './plan-room.ts'
import { PlansStore } from './plans.store.ts'

type PlanPath = z.infer<typeof planPathSchema>
type VersionPath = z.infer<typeof planVersionPathSchema>

/** Versions of plans and add-ons, from draft to publication (B-1, R-4). Operators only. */
@Controller('/api/v1/pricing/plans')
export class PlanVersionsController {
  readonly #changes: VersionChanges<string, PlanContent, PlanVersionSummary, PlanVersionDetail>

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) bus: Bus,
    @Inject(PlansStore) plans: PlansStore,
    @Inject(MetersStore) meters: MetersStore,
    @Inject(FOUR_EYES) fourEyes: boolean,
  ) {
    this.#changes = new VersionChanges({
      database,
      bus,
      store: plans,
      fourEyes,
      check: async (tx, plan, content) =>
        checkPlan(plan, content, {
          meters: await meters.all(tx),
          currency: await currencyInUse(tx),
          kind: await plans.publishedKind(tx, plan),
        }),
      full: async (tx, { content }) => refuseFull(await plans.publishedSize(tx), content),
    })
  }

  @Post(':plan/versions')
  async draft(
    @Caller() caller: Caller,
    @Path(planPathSchema) { plan }: PlanPath,
    @JsonBody(draftPlanSchema) body: z.infer<typeof draftPlanSchema>,
    @RawRequest() { headers }: RawRequest,
  ): Promise<PlanVersionSummary> {
    return this.#changes.draft(caller, plan, body, readKey('idempotency-key', headers['idempotency-key']))
  }

  @Put(':plan/versions/:version')
  async change(
    @Caller() caller: Caller,
    @Path(planVersionPathSchema) { plan, version }: VersionPath,
    @JsonBody(draftPlanSchema) body: z.infer<typeof draftPlanSchema>,
  ): Promise<PlanVersionSummary> {
    return this.#changes.replace(caller, plan, version, body)
  }

  @Post(':plan/versions/:version/review')
  @HttpCode(200)
  async review(
    @Caller() caller: Caller,
    @Path(planVersionPathSchema) { plan, version }: VersionPath,
    @JsonBody(reviewVersionSchema) body: ReviewVersion,
  ): Promise<PlanVersionSummary> {
    return this.#changes.review(caller, plan, version, body)
  }

  @Post(':plan/versions/:version/publish')
  @HttpCode(200)
  async publish(
    @Caller() caller: Caller,
    @Path(planVersionPathSchema) { plan, version }: VersionPath,
    @RawRequest() request: RawRequest,
  ): Promise<PlanVersionSummary> {
    return this.#changes.publish(caller, plan, version, bodyOrDefault(publishPlanSchema, request))
  }

  @Get(':plan/versions/:version/diff')
  async diff(
    @Path(planVersionPathSchema) { plan, version }: VersionPath,
    @Query(diffPlanQuerySchema) query: z.infer<typeof diffPlanQuerySchema>,
  ): Promise<PlanDiff> {
    const from = query.from ?? version - 1
    if (from === 0)
      throw new ProblemException(400, 'plan.nothing_before', 'There is no version before 1: name another with ?from=.')
    const earlier = await this.#changes.find(this.database, plan, from)
    const later = await this.#changes.find(this.database, plan, version)
    const page = { start: positionOf(query.cursor) ?? 0, limit: query.limit }
    return { plan, from, to: version, ...pageOfChanges(diffPlans(earlier.content, later.content), page) }
  }

  @Post(':plan/versions/:version/rollback')
  async rollback(
    @Caller() caller: Caller,
    @Path(planVersionPathSchema) { plan, version }: VersionPath,
    @RawRequest() request: RawRequest,
  ): Promise<PlanVersionSummary> {
    const { note } = bodyOrDefault(rollbackVersionSchema, request)
    return this.#changes.rollback(caller, plan, version, { note, again: (content) => content })
  }
}
