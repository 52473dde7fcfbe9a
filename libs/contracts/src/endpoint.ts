import type { z } from 'zod'
import type { ResourceScope } from './scopes.ts'

/** One operation of the HTTP API. OpenAPI is generated from these, and a test compares them with the routes that exist. */
export interface Endpoint {
  readonly service: string
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PATCH' | 'PUT'
  /** With parameters in braces: `/api/v1/metering/rejected/{id}/replay`. */
  readonly path: string
  readonly summary: string
  readonly description?: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** Media types the body may come in; `application/json` unless said. */
  readonly bodyTypes?: readonly string[]
  /** Answer per status; refusals are problem documents and need not be listed. */
  readonly answers: Readonly<Record<number, z.ZodType>>
  /** Media types the answer may come in; `application/json` unless said. */
  readonly answerTypes?: readonly string[]
  /** Whether `x-workspace-id` names the tenant: required, optional (absent = whole system, operators), or not used. */
  readonly workspace: 'required' | 'optional' | 'none'
  /** Further request headers it understands, all optional: what each does by its name. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * What the caller has to hold (I-1): a scope, `operator` for what concerns the whole system, or `any` valid credential.
   * The guard enforces it. Absent only where `open`.
   */
  readonly scope?: ResourceScope | 'operator' | 'any'
  /** Needs no credential: health, documentation and public keys only. */
  readonly open?: true
}
