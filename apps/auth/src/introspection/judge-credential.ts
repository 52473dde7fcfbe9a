import type { Principal } from '@portitor/contracts'
import type { RefusalReason } from './credential-refusals.ts'
import { type AgentLimits, effectiveLimits, intersectScopes } from '../agents/effective-limits.ts'

/** Agents above one another, itself included. What is deeper is refused and not cut off: limits would be lost. */
export const agentDepthMax = 8

interface FoundAgent extends AgentLimits {
  readonly id: string
  readonly parent_agent_id: string | null
  readonly status: 'active' | 'suspended' | 'revoked'
}

/** A key or agent credential as the tables have it at this moment, with what its worth depends on. */
export interface FoundCredential {
  readonly id: string
  readonly workspace_id: string
  /** Of a test workspace: that of the one it belongs to. */
  readonly workspace_status: 'active' | 'suspended' | 'closed'
  /** Whose test workspace its own is. */
  readonly test_of: string | null
  /** Where a test key of a live workspace acts. */
  readonly test_workspace_id: string | null
  readonly kind: 'live' | 'test' | 'agent'
  readonly scopes: readonly string[]
  readonly ip_allow_list: readonly string[]
  readonly expires_at: Date | null
  readonly revoked_at: Date | null
  readonly last_used_at: Date | null
  /** The agent and its parents, nearest first; empty for a key. */
  readonly chain: readonly FoundAgent[]
}

export type Judgement = { readonly principal: Principal } | { readonly refused: RefusalReason }

/** What a credential that was found is good for (I-2, I-3, I-6). The state of the workspace is the guard's to judge. */
export function judgeCredential(found: FoundCredential | undefined, now: Date): Judgement {
  if (found === undefined) return { refused: 'unknown' }
  const { chain } = found
  if (found.revoked_at !== null || chain.some(({ status }) => status === 'revoked')) return { refused: 'revoked' }
  if (found.expires_at !== null && found.expires_at <= now) return { refused: 'expired' }
  const complete = chain.length <= agentDepthMax && (chain.at(-1)?.parent_agent_id ?? null) === null
  if (!complete || chain.some(({ status }) => status === 'suspended')) return { refused: 'suspended' }
  if (found.kind === 'agent' && chain.length === 0) return { refused: 'revoked' }
  return { principal: toPrincipal(found) }
}

/**
 * What neither an agent nor a test key does, whatever its scopes say: people and keys are held to no agent's limits (I-6),
 * and what a test key would make could not be seen by those who own the workspace (I-3).
 */
const forPeopleAndLiveKeys: readonly string[] = ['members:write', 'keys:write', 'workspaces:write']

function toPrincipal(found: FoundCredential): Principal {
  const { chain } = found
  const [agent, ...parents] = chain
  const limits = effectiveLimits(chain)
  const held = limits.scopes === null ? [...found.scopes] : intersectScopes(found.scopes, limits.scopes)
  const scopes = found.kind === 'live' ? held : held.filter((scope) => !forPeopleAndLiveKeys.includes(scope))
  const { id, workspace_status, test_of, test_workspace_id } = found
  const workspace_id = test_workspace_id ?? found.workspace_id
  const liveId = test_workspace_id === null ? test_of : found.workspace_id
  return {
    kind: agent === undefined ? 'api_key' : 'agent',
    id: agent?.id ?? id,
    operator: false,
    credential_id: id,
    mode: found.kind === 'test' ? 'test' : 'live',
    memberships: [
      { workspace_id, workspace_status, team_id: null, scopes, ...(liveId === null ? {} : { test_of: liveId }) },
    ],
    agent:
      agent === undefined
        ? null
        : {
            id: agent.id,
            parents: parents.map((parent) => parent.id),
            allowed_models: limits.allowed_models,
            allowed_tools: limits.allowed_tools,
            allowed_workflows: limits.allowed_workflows,
          },
    ip_allow_list: [...found.ip_allow_list],
    expires_at: found.expires_at?.toISOString() ?? null,
    depends_on: [
      `credential:${id}`,
      workspace_id,
      ...(liveId === null ? [] : [liveId]),
      ...chain.map((each) => `agent:${each.id}`),
    ],
  }
}

/** What is read out of a token of ours. */
export interface TokenClaims {
  readonly jti: string
  readonly cid: string
  readonly workspace_id: string
  readonly scope: string
  readonly exp: number
}

/** A token is worth no more than the credential behind it is at this moment, and ends with it. */
export function judgeToken(claims: TokenClaims, found: FoundCredential | undefined, now: Date): Judgement {
  const judged = judgeCredential(found, now)
  if ('refused' in judged) return judged
  const { principal } = judged
  const [membership] = principal.memberships
  if (membership?.workspace_id !== claims.workspace_id) return { refused: 'token_invalid' }
  const tokenEnds = new Date(claims.exp * 1_000).toISOString()
  const credentialEnds = principal.expires_at ?? tokenEnds
  return {
    principal: {
      ...principal,
      token_id: claims.jti,
      memberships: [{ ...membership, scopes: intersectScopes(claims.scope.split(' '), membership.scopes) }],
      expires_at: credentialEnds < tokenEnds ? credentialEnds : tokenEnds,
    },
  }
}
