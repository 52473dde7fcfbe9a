import { z } from 'zod'
import { instantSchema } from './primitives.ts'

const attribute = z.string().max(256)
const count = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,18}(\.\d{1,9})?$/)])

/** The `data` of a usage event (M-4). Every field is optional here: which of them a type needs, its meters say. Unknown fields are kept. */
export const usageDataSchema = z.looseObject({
  request_id: attribute.optional(),
  org_id: attribute.optional(),
  user_id: attribute.optional(),
  agent_id: attribute.optional(),
  team: attribute.optional(),
  workflow: attribute.optional(),
  cost_center: attribute.optional(),
  provider: attribute.optional(),
  model: attribute.optional(),
  model_version: attribute.optional(),
  region: attribute.optional(),
  input_tokens: count
    .optional()
    .describe('The whole input: includes the cached, cache-write, audio and image parts (M-12).'),
  cached_input_tokens: count.optional(),
  cache_write_input_tokens: count.optional(),
  audio_input_tokens: count.optional(),
  image_input_tokens: count.optional(),
  output_tokens: count.optional().describe('The whole output: includes reasoning and audio (M-12).'),
  reasoning_tokens: count.optional(),
  audio_output_tokens: count.optional(),
  latency_ms: z.number().nonnegative().optional(),
  status: attribute.optional(),
  stream: z.boolean().optional(),
  actor_chain: z.array(attribute).max(16).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})

/**
 * A usage event: CloudEvents 1.0, structured. A record of `portitor.usage.recorded.v1` holds one of these
 * (`application/cloudevents+json`, or binary with `ce_*` headers) or a JSON array of them
 * (`application/cloudevents-batch+json`). `subject` is the workspace that pays. `portitorreceived` is stamped by
 * ingestion: the time of receipt, which stands in where the client sent no `time`.
 */
export const usageRecordedSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(256),
  source: z.string().min(1).max(256),
  type: z.string().min(1).max(128),
  time: instantSchema.optional(),
  subject: z.uuid().optional(),
  datacontenttype: z.string().optional(),
  portitorreceived: instantSchema.optional(),
  data: usageDataSchema,
})
export type UsageRecorded = z.infer<typeof usageRecordedSchema>
