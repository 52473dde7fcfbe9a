import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { introspectionSchema, introspectSchema } from './principal.ts'
import { scopesSchema } from './scopes.ts'

export const requestTokenSchema = z
  .strictObject({
    scopes: scopesSchema
      .min(1)
      .optional()
      .describe('Of the scopes that the credential holds; without them all of these.'),
    expires_in: z.int().min(30).max(3_600).default(900).describe('Seconds.'),
  })
  .prefault({})
  .meta({ id: 'RequestToken' })
export type RequestToken = z.infer<typeof requestTokenSchema>

export const tokenSchema = z
  .object({ access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.int(), scope: z.string() })
  .meta({ id: 'Token' })
export type Token = z.infer<typeof tokenSchema>

export const jwksSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())) })

/** Short-lived tokens for API keys and agent credentials (I-2), and what guards ask. */
export const tokenOperations: readonly Endpoint[] = [
  {
    service: 'auth',
    workspace: 'none',
    scope: 'any',
    method: 'POST',
    path: '/api/v1/auth/token',
    summary: 'Exchange an API key or an agent credential for a JWT',
    description:
      'The credential comes as with every call. The token ends with the credential it came from. 403 `token.not_exchangeable` for a token or the operator key; 403 `scope.escalation` for a scope that the credential does not hold.',
    body: requestTokenSchema,
    answers: { 200: tokenSchema },
  },
  {
    service: 'auth',
    workspace: 'none',
    scope: 'operator',
    method: 'POST',
    path: '/api/v1/auth/introspect',
    summary: 'What a credential is good for; asked by the guards of the services',
    body: introspectSchema,
    answers: { 200: introspectionSchema },
  },
  {
    service: 'auth',
    workspace: 'none',
    open: true,
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The public keys that tokens are signed with',
    answers: { 200: jwksSchema },
  },
]
