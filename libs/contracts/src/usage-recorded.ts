import { z } from 'zod'
import { instantSchema } from './primitives.ts'

const attribute = z.string().max(256)
/** What an agent was when its usage was reported, where that was not `active` (I-6). */
export const agentStatusSchema = z.enum(['suspended', 'revoked'])
export type AgentStatus = z.infer<typeof agentStatusSchema>

const count = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,18}(\.\d{1,9})?$/)])

/** The `data` of a usage event (M-4). Every field is optional here: which of them a type needs, its meters say. Unknown fields are kept. */
export const usageDataSchema = z.looseObject({
  request_id: attribute.optional().describe('Id of the request at the sender.'),
  org_id: attribute.optional().describe('The organization the workspace belongs to.'),
  user_id: attribute.optional(),
  agent_id: attribute.optional().describe('The agent that called.'),
  team: attribute.optional(),
  workflow: attribute.optional().describe('The workflow the call was a part of.'),
  cost_center: attribute.optional().describe('The product feature the call served.'),
  provider: attribute.optional().describe('Whose model it was; found by the model where absent.'),
  model: attribute.optional().describe('Which price holds; required for tokens.'),
  model_version: attribute.optional(),
  region: attribute.optional(),
  input_tokens: count
    .optional()
    .describe('The whole input: includes the cached, cache-write, audio and image parts (M-12).'),
  cached_input_tokens: count.optional().describe('Part of the input that came from a cache.'),
  cache_write_input_tokens: count.optional().describe('Part of the input that was written to a cache.'),
  audio_input_tokens: count.optional().describe('Part of the input that is audio.'),
  image_input_tokens: count.optional().describe('Part of the input that is images.'),
  output_tokens: count.optional().describe('The whole output: includes reasoning and audio (M-12).'),
  reasoning_tokens: count.optional().describe('Part of the output that is reasoning.'),
  audio_output_tokens: count.optional().describe('Part of the output that is audio.'),
  latency_ms: z.number().nonnegative().optional(),
  status: attribute.optional().describe('How the call ended, in the words of the sender.'),
  stream: z.boolean().optional().describe('Whether the answer was streamed.'),
  actor_chain: z
    .array(attribute)
    .max(16)
    .optional()
    .describe('On whose behalf: from the first principal to the caller.'),
  metadata: z.record(z.string(), z.unknown()).optional().describe('Anything else; kept and not looked at.'),
})

/**
 * A usage event: CloudEvents 1.0, structured. A record of `portitor.usage.recorded.v1` holds one of these
 * (`application/cloudevents+json`, or binary with `ce_*` headers) or a JSON array of them
 * (`application/cloudevents-batch+json`). `subject` is the workspace that pays. `portitorreceived` is stamped by
 * ingestion: the time of receipt, which stands in where the client sent no `time`. So is `portitoragentstatus`.
 */
export const usageRecordedSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(256).describe('Unique within workspace and source: the same event again has no effect.'),
  source: z.string().min(1).max(256).describe('The system that says it.'),
  type: z
    .string()
    .min(1)
    .max(128)
    .describe('`tokens.consumed`, `call.completed`, `outcome.achieved`, `resource.used`, or what a meter claims.'),
  time: instantSchema.optional().describe('When it happened; the time of receipt unless said.'),
  subject: z.uuid().optional().describe('The workspace that pays; required on the log.'),
  datacontenttype: z.string().optional(),
  portitorreceived: instantSchema.optional().describe('When ingestion took it in: a stamp of ours.'),
  portitoragentstatus: agentStatusSchema
    .optional()
    .describe('Set where the agent, or one above it, was not active when ingestion took it in: a stamp of ours.'),
  data: usageDataSchema,
})
export type UsageRecorded = z.infer<typeof usageRecordedSchema>
