import { z } from 'zod'
import { chargeSchema } from './book.ts'
import type { Endpoint } from './endpoint.ts'
import { idempotent, pageOf } from './page.ts'
import { planSchema } from './plan.ts'
import { instantSchema } from './primitives.ts'
import {
  contentHashSchema,
  effectiveFromSchema,
  reviewVersionSchema,
  rollbackVersionSchema,
  versionHistoryFields,
  versionNote,
  versionNumber,
  versionPageQuery,
} from './versions.ts'

const planId = planSchema.shape.id
const planKind = z.enum(['plan', 'add_on'])
export const planPathSchema = z.object({ plan: planId })
export const planVersionPathSchema = z.object({ plan: planId, version: versionNumber })

/** What everybody who may see a version sees of it. */
const shownFields = {
  plan: z.string(),
  version: z.int().positive(),
  kind: planKind,
  name: z.string(),
  status: z.enum(['draft', 'published']),
  published_at: instantSchema.nullable(),
  /** Null while it is a draft: it is chosen at publication. */
  effective_from: instantSchema.nullable(),
  effective_to: instantSchema.nullable(),
}
export const planVersionSummarySchema = z
  .object({
    ...shownFields,
    created_at: instantSchema,
    note: z.string(),
    content_sha256: contentHashSchema,
    ...versionHistoryFields,
  })
  .meta({ id: 'PlanVersionSummary' })
export type PlanVersionSummary = z.infer<typeof planVersionSummarySchema>
export const planVersionDetailSchema = planVersionSummarySchema
  .extend({ content: planSchema })
  .meta({ id: 'PlanVersion' })
export type PlanVersionDetail = z.infer<typeof planVersionDetailSchema>

/** A plan as its customers see it: without the margins of a cost-plus price, which would tell what a call costs us. */
export const offeredPlanSchema = planSchema
  .extend({
    charges: z.array(
      z.union([
        chargeSchema,
        chargeSchema.extend({
          price: z.strictObject({
            model: z.literal('cost_plus'),
            event_min: z.string().optional(),
            event_max: z.string().optional(),
          }),
        }),
      ]),
    ),
  })
  .meta({ id: 'OfferedPlan' })
export const offeredPlanSummarySchema = z.object(shownFields).meta({ id: 'OfferedPlanSummary' })
export const offeredPlanVersionSchema = offeredPlanSummarySchema
  .extend({ content: offeredPlanSchema })
  .meta({ id: 'OfferedPlanVersion' })
export type OfferedPlanSummary = z.infer<typeof offeredPlanSummarySchema>
export type OfferedPlanVersion = z.infer<typeof offeredPlanVersionSchema>

export const planEntrySchema = z
  .object({
    plan: z.string(),
    kind: planKind,
    name: z.string(),
    /** The highest version that is published, in force or still to come; null where there are drafts only. */
    newest_published: z.int().positive().nullable(),
    /** The version in force now. */
    in_force: z.int().positive().nullable(),
    /** The highest version of all, drafts included. Optional: shown to operators only. */
    newest_version: z.int().positive().optional(),
  })
  .meta({ id: 'PlanEntry' })
export type PlanEntry = z.infer<typeof planEntrySchema>

export const listPlansQuerySchema = versionPageQuery
export const listPlanVersionsQuerySchema = versionPageQuery
export const draftPlanSchema = z.strictObject({ note: versionNote, content: planSchema }).meta({ id: 'DraftPlan' })
export const publishPlanSchema = z
  .strictObject({
    effective_from: effectiveFromSchema.default('now'),
    /** In force until then. Optional: without an end. */
    effective_to: instantSchema.nullable().default(null),
    /** Lets the version take effect before now. Events that are already rated keep the version they were rated with. */
    backdate: z.boolean().default(false),
  })
  .prefault({})

/** One place in which two versions differ, by its path: `charges[tokens].price.rate`. */
const planChangeSchema = z
  .object({
    change: z.enum(['added', 'removed', 'changed']),
    what: z.string(),
    before: z.string().nullable(),
    after: z.string().nullable(),
  })
  .meta({ id: 'PlanChange' })
export type PlanChange = z.infer<typeof planChangeSchema>
export const diffPlanQuerySchema = versionPageQuery.extend({
  /** The version to compare with; the one before unless said. */
  from: versionNumber.optional(),
})
export const planDiffSchema = z.object({
  plan: z.string(),
  from: z.int().positive(),
  to: z.int().positive(),
  added: z.int().nonnegative(),
  removed: z.int().nonnegative(),
  changed: z.int().nonnegative(),
  data: z.array(planChangeSchema),
  next_cursor: z.string().nullable(),
})
export type PlanDiff = z.infer<typeof planDiffSchema>

const plans = '/api/v1/pricing/plans'
const version = `${plans}/{plan}/versions/{version}`
const read = { service: 'rating', method: 'GET', workspace: 'optional', scope: 'plans:read' } as const
const operation = { service: 'rating', workspace: 'none', scope: 'operator' } as const
const writes = 'Operators only.'
const shown = 'Operators see all of it; others see published versions, and no margin of a cost-plus price.'

/** Plans and add-ons as versions (B-1, R-4). */
export const planEndpoints: readonly Endpoint[] = [
  {
    ...read,
    path: plans,
    summary: 'List plans and add-ons by id',
    description: 'Others than operators see what has a published version.',
    query: listPlansQuerySchema,
    answers: { 200: pageOf(planEntrySchema) },
  },
  {
    ...read,
    path: `${plans}/{plan}`,
    summary: 'Read which versions of a plan are published and in force',
    answers: { 200: planEntrySchema },
  },
  {
    ...read,
    path: `${plans}/{plan}/versions`,
    summary: 'List the versions of a plan, newest first, without their content',
    description: shown,
    query: listPlanVersionsQuerySchema,
    answers: { 200: pageOf(z.union([planVersionSummarySchema, offeredPlanSummarySchema])) },
  },
  {
    ...read,
    path: version,
    summary: 'Read a version with its content',
    description: shown,
    answers: { 200: z.union([planVersionDetailSchema, offeredPlanVersionSchema]) },
  },
  {
    ...operation,
    method: 'POST',
    path: `${plans}/{plan}/versions`,
    summary: 'Store a draft as the next version of a plan',
    description: `${writes} \`content.id\` is the plan's. It is judged as a whole: \`plan.invalid\` names each field.`,
    headers: idempotent,
    body: draftPlanSchema,
    answers: { 201: planVersionSummarySchema },
  },
  {
    ...operation,
    method: 'PUT',
    path: version,
    summary: 'Change a draft; its approvals do not hold for what it says then',
    body: draftPlanSchema,
    answers: { 200: planVersionSummarySchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${version}/review`,
    summary: 'Approve or reject a draft as it stands',
    description:
      'The latest verdict of a reviewer on the present content counts. A draft that somebody rejects is not published. Nobody approves what they wrote.',
    body: reviewVersionSchema,
    answers: { 200: planVersionSummarySchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${version}/publish`,
    summary: 'Publish a draft; from then on it is immutable',
    description:
      'It takes effect now unless `effective_from` says later; before now only with `"backdate": true`, for events still to come.',
    body: publishPlanSchema,
    answers: { 200: planVersionSummarySchema },
  },
  {
    ...operation,
    method: 'GET',
    path: `${version}/diff`,
    summary: 'Compare a version with another one, field by field',
    query: diffPlanQuerySchema,
    answers: { 200: planDiffSchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${version}/rollback`,
    summary: 'Make a new draft that says what this version says',
    body: rollbackVersionSchema,
    answers: { 201: planVersionSummarySchema },
  },
]
