import { z } from 'zod'
import { isStorable, pageParameters, storable } from './page.ts'
import { instantSchema } from './primitives.ts'

/** Who wrote, reviewed or published a version; `system` is a job of ours. */
export const versionActorSchema = z
  .object({ kind: z.enum(['operator', 'user', 'api_key', 'agent', 'system']), id: z.string() })
  .meta({ id: 'VersionActor' })
export type VersionActor = z.infer<typeof versionActorSchema>

export const versionReviewSchema = z.object({
  reviewer: versionActorSchema,
  verdict: z.enum(['approve', 'reject']),
  note: z.string(),
  at: instantSchema,
  /** False where the draft has been changed since: the verdict is of another content and counts no more. */
  stands: z.boolean(),
})
export type VersionReview = z.infer<typeof versionReviewSchema>

/** Who stands behind a version: what every answer about one to operators carries. */
export const versionHistoryFields = {
  /** Of the present content; null for drafts from before it was kept. */
  author: versionActorSchema.nullable(),
  publisher: versionActorSchema.nullable(),
  /** Counts the contents that the draft has had, from 1. */
  revision: z.int().positive(),
  /** In the order they were given. */
  reviews: z.array(versionReviewSchema),
}

/** SHA-256 of the content as stored, in hexadecimal: two versions with the same one say the same. */
export const contentHashSchema = z.string().regex(/^[0-9a-f]{64}$/)
export const versionNote = z.string().max(1024).refine(isStorable, storable).default('')
export const versionNumber = z.coerce.number().int().positive().max(2_147_483_647)
export const versionPageQuery = z.object({
  ...pageParameters,
  cursor: pageParameters.cursor.unwrap().refine(isStorable, storable).optional(),
})

export const reviewVersionSchema = z.strictObject({ verdict: z.enum(['approve', 'reject']), note: versionNote })
export type ReviewVersion = z.infer<typeof reviewVersionSchema>
export const rollbackVersionSchema = z.strictObject({ note: versionNote.unwrap().optional() }).prefault({})

/** `now` is the moment of publication. */
export const effectiveFromSchema = z.union([z.literal('now'), instantSchema])
