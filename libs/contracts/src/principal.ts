import { z } from 'zod'
import { instantSchema, workspaceIdSchema } from './primitives.ts'

/** What a principal may do in one workspace. */
export const membershipSchema = z.object({
  workspace_id: workspaceIdSchema,
  /** Of a test workspace: that of the one it belongs to. */
  workspace_status: z.enum(['active', 'suspended', 'closed']),
  /** The workspace whose test mode this is (I-3): a call may name either. Absent in live mode. */
  test_of: workspaceIdSchema.optional(),
  team_id: z.uuid().nullable(),
  scopes: z.array(z.string()),
})
export type Membership = z.infer<typeof membershipSchema>

/** What an agent is held to: its own limits and those of its parents, already intersected. `null`: not limited. */
export const agentLimitsSchema = z.object({
  id: z.uuid(),
  /** Parents, the nearest first. */
  parents: z.array(z.uuid()),
  allowed_models: z.array(z.string()).nullable(),
  allowed_tools: z.array(z.string()).nullable(),
  allowed_workflows: z.array(z.string()).nullable(),
})

/** Who calls (I-2): what `auth` makes of a credential, and every guard remembers for a while. */
export const principalSchema = z
  .object({
    kind: z.enum(['operator', 'user', 'api_key', 'agent']),
    /** Of the user, the key or the agent. */
    id: z.string(),
    /** Staff, or the operator key: over the whole system, in any workspace. */
    operator: z.boolean(),
    /** The key or agent credential itself; of a token the one it came from. */
    credential_id: z.uuid().nullable(),
    /** The token it came with, by its `jti`; absent where the credential itself was sent. */
    token_id: z.string().optional(),
    /** `test`: same code, accounts of its own, never invoiced (I-3). */
    mode: z.enum(['live', 'test']),
    memberships: z.array(membershipSchema),
    agent: agentLimitsSchema.nullable(),
    /** Addresses (CIDR) it may call from; empty: any. */
    ip_allow_list: z.array(z.string()),
    expires_at: instantSchema.nullable(),
    /** Keys of `identity.changed` whose next record ends what is remembered of this principal. */
    depends_on: z.array(z.string()),
  })
  .meta({ id: 'Principal' })
export type Principal = z.infer<typeof principalSchema>

export const introspectSchema = z.strictObject({
  /** Longer ones than any are taken too, so that they are refused as credentials and not as requests. */
  credential: z.string().min(1).max(65_536),
  /** Where the call came from: guesses are counted by it, and it is written into the audit log. */
  address: z.string().max(64),
})
export type Introspect = z.infer<typeof introspectSchema>

/** A credential that is no good: what the caller is answered. */
export const credentialRefusalSchema = z.object({
  status: z.union([z.literal(401), z.literal(403), z.literal(429)]),
  code: z.string(),
  detail: z.string(),
  /** How long the answer is held back, which slows guessing (never the check of a valid credential). */
  delay_ms: z.int().nonnegative(),
})
export type CredentialRefusal = z.infer<typeof credentialRefusalSchema>

export const introspectionSchema = z.union([
  z.object({ principal: principalSchema }),
  z.object({ refused: credentialRefusalSchema }),
])
export type Introspection = z.infer<typeof introspectionSchema>
