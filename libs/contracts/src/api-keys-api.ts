import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { idempotent, nameSchema, pageOf, pageQuerySchema } from './page.ts'
import { instantSchema } from './primitives.ts'
import { scopesSchema } from './scopes.ts'

const credentialFields = {
  id: z.uuid(),
  name: z.string(),
  status: z.enum(['active', 'expired', 'revoked']),
  scopes: z.array(z.string()),
  /** What may be shown of it: the prefix and the last four characters. */
  hint: z.string(),
  expires_at: instantSchema.nullable(),
  /** To about a minute. */
  last_used_at: instantSchema.nullable(),
  created_at: instantSchema,
  revoked_at: instantSchema.nullable(),
}

export const apiKeySchema = z
  .object({
    ...credentialFields,
    mode: z.enum(['live', 'test']),
    ip_allow_list: z.array(z.string()),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof apiKeySchema>

/** The answer that made a secret: the only one that holds it. Null where the answer is a repeat (`Idempotency-Key`). */
const secret = { key: z.string().nullable().describe('Shown this once; only a keyed hash of it is kept.') }
export const newApiKeySchema = apiKeySchema.extend(secret).meta({ id: 'NewApiKey' })
export type NewApiKey = z.infer<typeof newApiKeySchema>

const expiresAt = instantSchema.nullable().optional().describe('In the future; null or absent: it does not expire.')
export const createApiKeySchema = z
  .strictObject({
    name: nameSchema,
    scopes: scopesSchema.min(1, 'at least one scope'),
    mode: z.enum(['live', 'test']).default('live'),
    expires_at: expiresAt,
    ip_allow_list: z
      .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
      .max(64)
      .default([])
      .describe('Addresses or CIDR ranges it may call from; none: any.'),
  })
  .meta({ id: 'CreateApiKey' })
export type CreateApiKey = z.infer<typeof createApiKeySchema>

export const rotateSchema = z
  .strictObject({
    overlap_seconds: z.int().min(0).max(2_592_000).default(86_400).describe('How long the old one still works.'),
  })
  .prefault({})
  .meta({ id: 'Rotate' })
export type Rotate = z.infer<typeof rotateSchema>

export const agentCredentialSchema = z
  .object({ ...credentialFields, agent_id: z.uuid() })
  .meta({ id: 'AgentCredential' })
export type AgentCredential = z.infer<typeof agentCredentialSchema>
export const newAgentCredentialSchema = agentCredentialSchema.extend(secret).meta({ id: 'NewAgentCredential' })
export type NewAgentCredential = z.infer<typeof newAgentCredentialSchema>
export const issueCredentialSchema = z
  .strictObject({
    name: nameSchema.default('default'),
    scopes: scopesSchema
      .optional()
      .describe('Without them `metering:read` and `metering:write`, as far as the caller holds them.'),
    expires_at: expiresAt,
  })
  .prefault({})
  .meta({ id: 'IssueCredential' })
export type IssueCredential = z.infer<typeof issueCredentialSchema>

export const credentialPathSchema = z.strictObject({ id: z.uuid(), credential_id: z.uuid() })
export type CredentialPath = z.infer<typeof credentialPathSchema>

const keys = { service: 'auth', workspace: 'required' } as const
const noMoreThanOwn = 'A credential holds no scope that its creator does not hold: 403 `scope.escalation`.'

/** API keys of a workspace (I-3). */
export const apiKeysOperations: readonly Endpoint[] = [
  {
    ...keys,
    scope: 'keys:read',
    method: 'GET',
    path: '/api/v1/api_keys',
    summary: 'List the API keys, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(apiKeySchema) },
  },
  {
    ...keys,
    scope: 'keys:write',
    method: 'POST',
    path: '/api/v1/api_keys',
    summary: 'Create an API key',
    description: noMoreThanOwn,
    headers: idempotent,
    body: createApiKeySchema,
    answers: { 201: newApiKeySchema },
  },
  {
    ...keys,
    scope: 'keys:read',
    method: 'GET',
    path: '/api/v1/api_keys/{id}',
    summary: 'Read an API key',
    answers: { 200: apiKeySchema },
  },
  {
    ...keys,
    scope: 'keys:write',
    method: 'POST',
    path: '/api/v1/api_keys/{id}/rotate',
    summary: 'Replace an API key: a new one of the same scopes, the old one for a while beside it',
    description: noMoreThanOwn,
    headers: idempotent,
    body: rotateSchema,
    answers: { 201: newApiKeySchema },
  },
  {
    ...keys,
    scope: 'keys:write',
    method: 'DELETE',
    path: '/api/v1/api_keys/{id}',
    summary: 'Revoke an API key, everywhere within a second',
    answers: { 200: apiKeySchema },
  },
]

const credentials = { service: 'auth', workspace: 'required' } as const

/** Credentials of an agent (I-6). */
export const agentCredentialsOperations: readonly Endpoint[] = [
  {
    ...credentials,
    scope: 'agents:read',
    method: 'GET',
    path: '/api/v1/agents/{id}/credentials',
    summary: 'List the credentials of an agent, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(agentCredentialSchema) },
  },
  {
    ...credentials,
    scope: 'agents:write',
    method: 'POST',
    path: '/api/v1/agents/{id}/credentials',
    summary: 'Issue a credential to an agent',
    description: `${noMoreThanOwn} 409 \`agent.revoked\` for an agent that is no more.`,
    headers: idempotent,
    body: issueCredentialSchema,
    answers: { 201: newAgentCredentialSchema },
  },
  {
    ...credentials,
    scope: 'agents:write',
    method: 'POST',
    path: '/api/v1/agents/{id}/credentials/{credential_id}/rotate',
    summary: 'Replace a credential: a new one of the same scopes, the old one for a while beside it',
    description: noMoreThanOwn,
    headers: idempotent,
    body: rotateSchema,
    answers: { 201: newAgentCredentialSchema },
  },
  {
    ...credentials,
    scope: 'agents:write',
    method: 'DELETE',
    path: '/api/v1/agents/{id}/credentials/{credential_id}',
    summary: 'Revoke a credential, everywhere within a second',
    answers: { 200: agentCredentialSchema },
  },
]
