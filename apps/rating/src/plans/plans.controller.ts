import { Controller, Get, Inject } from '@nestjs/common'
import {
  listPlansQuerySchema,
  listPlanVersionsQuerySchema,
  type OfferedPlanVersion,
  type PlanEntry,
  planPathSchema,
  type PlanVersionDetail,
  planVersionPathSchema,
} from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { OptionalWorkspaceId, Path, ProblemException, Query } from '@portitor/service'
import type { z } from 'zod'
import { NEWEST, pageOfItems, positionOf } from '../versions/request-parts.ts'
import { versionNotFound } from '../versions/version-changes.ts'
import { offeredSummary, offeredVersion } from './offered-plan.ts'
import { PlansStore } from './plans.store.ts'

type PlanPath = z.infer<typeof planPathSchema>

/**
 * Plans and add-ons to read (B-1). An operator over the whole system sees everything; everybody else, and an operator in a
 * workspace, what is published, as its customers see it. What they may not see is answered as what is not there.
 */
@Controller('/api/v1/pricing/plans')
export class PlansController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(PlansStore) private readonly plans: PlansStore,
  ) {}

  @Get()
  async list(
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Query(listPlansQuerySchema) query: z.infer<typeof listPlansQuerySchema>,
  ) {
    const publishedOnly = workspaceId !== undefined
    const page = { after: query.cursor ?? '', limit: query.limit + 1, seenBy: workspaceId, now: new Date() }
    const { data, next_cursor } = pageOfItems(
      await this.plans.entries(this.database, page),
      query.limit,
      (last) => last.plan,
    )
    return { data: data.map((entry) => shownEntry(entry, publishedOnly)), next_cursor }
  }

  @Get(':plan')
  async read(
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(planPathSchema) { plan }: PlanPath,
  ): Promise<PlanEntry> {
    const publishedOnly = workspaceId !== undefined
    const page = { after: '', limit: 1, seenBy: workspaceId, now: new Date(), plan }
    const [entry] = await this.plans.entries(this.database, page)
    if (entry === undefined) throw planNotFound(plan)
    return shownEntry(entry, publishedOnly)
  }

  @Get(':plan/versions')
  async versions(
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(planPathSchema) { plan }: PlanPath,
    @Query(listPlanVersionsQuerySchema) query: z.infer<typeof listPlanVersionsQuerySchema>,
  ) {
    const publishedOnly = workspaceId !== undefined
    const page = { before: positionOf(query.cursor) ?? NEWEST, limit: query.limit + 1, publishedOnly }
    if (!(await this.#mayShow(plan, workspaceId))) throw planNotFound(plan)
    const versions = await this.plans.list(this.database, plan, page)
    if (versions.length === 0 && query.cursor === undefined) throw planNotFound(plan)
    const { data, next_cursor } = pageOfItems(versions, query.limit, (last) => last.version)
    return { data: publishedOnly ? data.map(offeredSummary) : data, next_cursor }
  }

  @Get(':plan/versions/:version')
  async version(
    @OptionalWorkspaceId() workspaceId: string | undefined,
    @Path(planVersionPathSchema) { plan, version }: z.infer<typeof planVersionPathSchema>,
  ): Promise<PlanVersionDetail | OfferedPlanVersion> {
    const found = await this.plans.find(this.database, plan, version)
    const isHidden =
      (workspaceId !== undefined && found?.status === 'draft') || !(await this.#mayShow(plan, workspaceId))
    if (found === undefined || isHidden) throw versionNotFound('plan', plan, version)
    return workspaceId === undefined ? found : offeredVersion(found)
  }

  /** A private plan is there for those whose it is, and for nobody else. */
  async #mayShow(plan: string, workspaceId: string | undefined): Promise<boolean> {
    return workspaceId === undefined || this.plans.isShownTo(this.database, plan, workspaceId)
  }
}

function planNotFound(plan: string): ProblemException {
  return new ProblemException(404, 'plan.not_found', `There is no plan ${plan}.`)
}

function shownEntry({ newest_version, ...entry }: Required<PlanEntry>, publishedOnly: boolean): PlanEntry {
  return publishedOnly ? entry : { ...entry, newest_version }
}
