import { Controller, Get, Header, HttpCode, Inject, Post } from '@nestjs/common'
import { type RequestToken, requestTokenSchema, type Token } from '@portitor/contracts'
import { coversAll } from '@portitor/identity'
import { Database } from '@portitor/postgres'
import { Caller, JsonBody, Open, ProblemException } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { AccessTokens } from './access-tokens.ts'
import { appendAudit } from '../audit/audit.store.ts'
import { auditEntry } from '../audit/audit-entry.ts'

/** Guards refuse credentials of more than 4,096 characters, and base64 makes four of three. */
const scopeCharactersMax = 2_000

/** Short-lived tokens for keys and agent credentials, and the keys that others verify them with (I-2). */
@Controller()
export class TokenController {
  constructor(
    @Inject(AccessTokens) readonly tokens: AccessTokens,
    @Inject(Database) readonly database: Database,
  ) {}

  @Post('api/v1/auth/token')
  @HttpCode(200)
  async issue(@Caller() caller: Caller, @JsonBody(requestTokenSchema) order: RequestToken): Promise<Token> {
    const { principal } = caller
    const { credential_id: credentialId, token_id: tokenId } = principal
    const [membership] = principal.memberships
    // A token that could be exchanged would never end: whoever steals one for a minute would have it for good.
    if (credentialId === null || membership === undefined || tokenId !== undefined)
      throw new ProblemException(
        403,
        'token.not_exchangeable',
        'Only an API key or an agent credential can be exchanged for a token.',
      )
    const scopes = order.scopes ?? membership.scopes
    if (!coversAll(membership.scopes, scopes))
      throw new ProblemException(403, 'scope.escalation', 'The credential does not hold all of these scopes.')
    if (scopes.join(' ').length > scopeCharactersMax)
      throw new ProblemException(
        400,
        'token.too_many_scopes',
        'A token of all these scopes would be too large to be sent: ask for those that are needed, in `scopes`.',
      )
    if (!this.tokens.offered)
      throw new ProblemException(
        503,
        'token.not_offered',
        'This installation has no signing keys: set PORTITOR_JWT_KEYS.',
      )
    const issuedAt = new Date()
    const id = uuidv7()
    const { workspace_id: workspaceId } = membership
    const entry = { workspaceId, action: 'token.issued', target: `token:${id}`, after: { scopes } }
    await this.database.transaction((tx) => appendAudit(tx, [auditEntry(uuidv7(), issuedAt, caller, entry)]))
    return this.tokens.issue({
      id,
      subject: principal.id,
      credentialId,
      workspaceId,
      scopes,
      issuedAt,
      expiresIn: secondsLeft(order.expires_in, principal.expires_at, issuedAt),
    })
  }

  @Get('.well-known/jwks.json')
  @Open()
  @Header('cache-control', 'public, max-age=300')
  keys(): { keys: Record<string, unknown>[] } {
    return { keys: this.tokens.publicKeys() }
  }
}

/** A token says no longer a life than its credential has. */
function secondsLeft(wanted: number, expiresAt: string | null, now: Date): number {
  if (expiresAt === null) return wanted
  return Math.max(1, Math.min(wanted, Math.floor((Date.parse(expiresAt) - now.getTime()) / 1_000)))
}
