import { z } from 'zod'
import { bookContentSchema, bookSideSchema, bookVersionSchema } from './book.ts'
import { meterSchema } from './catalog-changed.ts'
import type { Endpoint } from './endpoint.ts'
import { idempotent } from './page.ts'
import { priceUpdateSchema } from './price-update.ts'
import { instantSchema } from './primitives.ts'
import {
  contentHashSchema,
  effectiveFromSchema,
  reviewVersionSchema,
  rollbackVersionSchema,
  versionHistoryFields,
  versionNote,
  versionNumber,
  versionPageQuery as pageQuery,
} from './versions.ts'
import { yamlBookSchema } from './yaml-book.ts'

const nextCursor = z.string().nullable()

export const bookPathSchema = z.object({ book: bookSideSchema })
export const bookVersionPathSchema = z.object({ book: bookSideSchema, version: versionNumber })

/** A version without its content: what lists and answers to changes carry. */
export const bookVersionSummarySchema = bookVersionSchema
  .omit({ content: true })
  .extend({
    effective_from: instantSchema,
    effective_to: instantSchema.nullable(),
    source: z.string(),
    source_date: instantSchema,
    content_sha256: contentHashSchema,
    ...versionHistoryFields,
  })
  .meta({ id: 'BookVersionSummary' })
export type BookVersionSummary = z.infer<typeof bookVersionSummarySchema>
export const bookVersionDetailSchema = bookVersionSummarySchema
  .extend({ content: bookContentSchema })
  .meta({ id: 'BookVersion' })
export type BookVersionDetail = z.infer<typeof bookVersionDetailSchema>

export const listBookVersionsQuerySchema = pageQuery
export const bookVersionListSchema = z.object({ data: z.array(bookVersionSummarySchema), next_cursor: nextCursor })

export const draftBookSchema = z
  .strictObject({ note: versionNote, content: bookContentSchema })
  .meta({ id: 'DraftBook' })
export const publishBookSchema = z
  .strictObject({
    /** Takes the place of the draft's own `effective_from`; `now` is the moment of publication. */
    effective_from: effectiveFromSchema.optional(),
    /** Lets the version take effect before now. Events that are already rated keep the version they were rated with. */
    backdate: z.boolean().default(false),
  })
  .prefault({})

/** One place in which two versions differ. `before` is null where it was added, `after` where it was removed. */
export const bookChangeSchema = z
  .object({
    change: z.enum(['added', 'removed', 'changed']),
    /** For people: `tokens: openai / gpt-4o: input_tokens over 200000`. */
    what: z.string(),
    charge: z.string().optional(),
    provider: z.string().optional(),
    model: z.string().optional(),
    kind: z.string().optional(),
    input_over: z.int().nonnegative().optional(),
    before: z.string().nullable(),
    after: z.string().nullable(),
  })
  .meta({ id: 'BookChange' })
export type BookChange = z.infer<typeof bookChangeSchema>
export const diffBookQuerySchema = pageQuery.extend({
  /** The version to compare with; the one before unless said. */
  from: versionNumber.optional(),
})
export const bookDiffSchema = z.object({
  book: bookSideSchema,
  from: z.int().positive(),
  to: z.int().positive(),
  added: z.int().nonnegative(),
  removed: z.int().nonnegative(),
  changed: z.int().nonnegative(),
  data: z.array(bookChangeSchema),
  next_cursor: nextCursor,
})
export type BookDiff = z.infer<typeof bookDiffSchema>

export const importYamlAnswerSchema = z
  .object({
    draft: bookVersionSummarySchema,
    /** What the draft changes in the newest published version; further pages with `GET …/diff?from=`. */
    diff: bookDiffSchema,
    /** What the YAML says and a book does not, each with the reason: nothing is dropped in silence. */
    ignored: z.array(z.object({ field: z.string(), value: z.string(), reason: z.string() })),
  })
  .meta({ id: 'ImportedYaml' })
export type ImportYamlAnswer = z.infer<typeof importYamlAnswerSchema>

export const priceUpdateAnswerSchema = z
  .object({
    /** Null where the update says what the newest published version says: then no draft is made. */
    draft: bookVersionSummarySchema.nullable(),
    /** What it changes in the newest published version; further pages with `GET …/diff?from=`. */
    diff: bookDiffSchema,
  })
  .meta({ id: 'UpdatedPrices' })
export type PriceUpdateAnswer = z.infer<typeof priceUpdateAnswerSchema>

export const importBooksAnswerSchema = z.object({
  /** The package and its version, as the books' `source` names it. */
  source: z.string(),
  /** The drafts that were made; empty where the newest import already says the same. */
  drafts: z.array(bookVersionSummarySchema),
})
export type ImportBooksAnswer = z.infer<typeof importBooksAnswerSchema>

export const listMetersQuerySchema = pageQuery
export const meterListSchema = z.object({ data: z.array(meterSchema), next_cursor: nextCursor })
export const createMeterSchema = meterSchema.strict()

const webhookHeaders = {
  'webhook-id': 'Names the update: a repeat has no second effect. 1 to 255 visible characters.',
  'webhook-timestamp': 'When it was sent, in seconds since 1970: at most 5 minutes ago.',
  'webhook-signature': '`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64; several, separated by spaces.',
}
const books = '/api/v1/pricing/books'
const operation = { service: 'rating', workspace: 'none', scope: 'operator' } as const

/** The catalogue: meters, price and cost books. Operators only. */
export const catalogEndpoints: readonly Endpoint[] = [
  {
    ...operation,
    method: 'GET',
    path: `${books}/{book}/versions`,
    summary: 'List the versions of a book, newest first, without their content',
    query: listBookVersionsQuerySchema,
    answers: { 200: bookVersionListSchema },
  },
  {
    ...operation,
    method: 'GET',
    path: `${books}/{book}/versions/{version}`,
    summary: 'Read a version with its content',
    answers: { 200: bookVersionDetailSchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${books}/{book}/versions`,
    summary: 'Store a draft as the next version of a book',
    headers: idempotent,
    body: draftBookSchema,
    answers: { 201: bookVersionSummarySchema },
  },
  {
    ...operation,
    method: 'PUT',
    path: `${books}/{book}/versions/{version}`,
    summary: 'Change a draft; its approvals do not hold for what it says then',
    body: draftBookSchema,
    answers: { 200: bookVersionSummarySchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${books}/{book}/versions/{version}/review`,
    summary: 'Approve or reject a draft as it stands',
    description:
      'The latest verdict of a reviewer on the present content counts. A draft that somebody rejects is not published. Nobody approves what they wrote.',
    body: reviewVersionSchema,
    answers: { 200: bookVersionSummarySchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${books}/{book}/versions/{version}/publish`,
    summary: 'Publish a draft; from then on it is immutable',
    description:
      'A version may not take effect before now, because events that are already rated keep the version they were rated with. Send `"effective_from": "now"`, a later instant, or `"backdate": true` if older events still to come shall use it.',
    body: publishBookSchema,
    answers: { 200: bookVersionSummarySchema },
  },
  {
    ...operation,
    method: 'GET',
    path: `${books}/{book}/versions/{version}/diff`,
    summary: 'Compare a version with another one, rate by rate',
    query: diffBookQuerySchema,
    answers: { 200: bookDiffSchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${books}/{book}/versions/{version}/rollback`,
    summary: 'Make a new draft with the charges of this version, in force from its publication on',
    body: rollbackVersionSchema,
    answers: { 201: bookVersionSummarySchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${books}/{book}/updates`,
    summary: 'Take a price update as a draft, and answer what it would change',
    description:
      'A webhook by Standard Webhooks. Where the installation has a secret for it, the signature is required beside the credential. The same `webhook-id` within 30 days answers the first answer again. Nothing is published.',
    headers: webhookHeaders,
    body: priceUpdateSchema,
    answers: { 200: priceUpdateAnswerSchema, 201: priceUpdateAnswerSchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${books}/import`,
    summary: 'Import provider prices from the price package again, as drafts, where they differ from the newest import',
    answers: { 200: importBooksAnswerSchema, 201: importBooksAnswerSchema },
  },
  {
    ...operation,
    method: 'POST',
    path: `${books}/{book}/import_yaml`,
    summary: 'Make a draft of the newest published version with the tiers of a YAML file in it',
    description:
      'Every model of the file is priced by its tiers: `limit` is the last unit of a tier, null or absent for the last one, `rate_per_1k` the rate of 1,000 tokens. Numbers are read as text, digit by digit. Quotas are not prices and are answered under `ignored`.',
    body: yamlBookSchema,
    bodyTypes: ['application/yaml'],
    answers: { 201: importYamlAnswerSchema },
  },
  {
    ...operation,
    method: 'GET',
    path: '/api/v1/meters',
    summary: 'List meters by name',
    query: listMetersQuerySchema,
    answers: { 200: meterListSchema },
  },
  {
    ...operation,
    method: 'POST',
    path: '/api/v1/meters',
    summary: 'Create a meter; the same definition again changes nothing',
    body: createMeterSchema,
    answers: { 200: meterSchema, 201: meterSchema },
  },
]
