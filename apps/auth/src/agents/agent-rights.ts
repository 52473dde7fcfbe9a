import { covers } from '@portitor/identity'
import { type Caller, ProblemException } from '@portitor/service'
import { agentDepthMax, type AgentInChain } from './agents.store.ts'
import { type AgentLimits, effectiveLimits, exceeds, type GivenLimits } from './effective-limits.ts'
import { RefusedGrant, requireOwnScopes } from '../changes/refused-grant.ts'

const reporting = ['metering:read', 'metering:write']

/** The parent of an agent to be made. An agent makes sub-agents of itself only, so that is also what it means by naming none. */
export function parentFor({ principal }: Caller, wanted: string | null | undefined): string | null {
  if (principal.kind !== 'agent') return wanted ?? null
  if (wanted === undefined || wanted?.toLowerCase() === principal.id.toLowerCase()) return principal.id
  throw new RefusedGrant('agent.exceeds_parent', 'An agent can only create sub-agents of itself.')
}

/** A sub-agent does no more than its parent does (I-6); `parents` is the chain above it. */
export function requireWithinParents(given: GivenLimits, parents: readonly AgentInChain[]): void {
  const wider = exceeds(given, effectiveLimits(parents))
  if (wider !== undefined)
    throw new RefusedGrant('agent.exceeds_parent', `${wider}: a sub-agent may do no more than its parent.`)
}

/** Whether another agent may stand under this chain. */
export function requireRoomBelow(parents: readonly AgentInChain[]): void {
  if (parents[0]?.status === 'revoked') throw revoked()
  if (parents.length >= agentDepthMax)
    throw new ProblemException(409, 'agent.too_deep', `Agents stand at most ${agentDepthMax} deep under one another.`)
}

/**
 * An agent changes those below it, or it would widen its own limits or take those of others. `itself`: whether it may do
 * this to itself too, as with its credentials. `chain` is the agent in question and those above it.
 */
export function requireBelow({ principal }: Caller, chain: readonly AgentInChain[], itself: 'too' | 'not'): void {
  if (principal.kind !== 'agent') return
  const below = chain.slice(itself === 'too' ? 0 : 1).some(({ id }) => id === principal.id)
  if (!below) throw new RefusedGrant('agent.exceeds_parent', 'An agent can only change its own sub-agents.')
}

/** What people decide about an agent is not undone by the agent above it: that may suspend, revoke and narrow. */
export function requirePeople({ principal }: Caller): void {
  if (principal.kind === 'agent')
    throw new RefusedGrant(
      'agent.exceeds_parent',
      'An agent cannot reinstate, widen or lift: that is for people and keys.',
    )
}

const limitNames = ['allowed_models', 'allowed_tools', 'allowed_workflows', 'scopes'] as const

/** Whoever widens what an agent may do holds the scopes themselves (I-6), and is no agent. */
export function requireMayWiden(caller: Caller, was: AgentLimits, is: AgentLimits): void {
  const wider = limitNames.filter(
    (name) => was[name] !== null && (is[name] === null || exceeds({ [name]: is[name] }, was)),
  )
  if (wider.length > 0) requirePeople(caller)
  if (wider.includes('scopes') && is.scopes === null) requireOwnScopes(caller, ['members:write'])
  if (is.scopes !== null && is.scopes !== was.scopes) requireOwnScopes(caller, is.scopes)
}

export function requireNotRevoked({ status }: { readonly status: AgentInChain['status'] }): void {
  if (status === 'revoked') throw revoked()
}

/** What a new credential of an agent holds: nothing that its creator or the agent does not; unasked, what it takes to report usage. */
export function credentialScopes(
  caller: Caller,
  chain: readonly AgentInChain[],
  wanted: readonly string[] | undefined,
): string[] {
  const ceiling = effectiveLimits(chain).scopes
  const allowed = (scope: string) => ceiling === null || covers(ceiling, scope)
  if (wanted === undefined) return reporting.filter((scope) => covers(caller.scopes, scope) && allowed(scope))
  requireOwnScopes(caller, wanted)
  const beyond = wanted.filter((scope) => !allowed(scope))
  if (beyond.length > 0)
    throw new RefusedGrant('scope.escalation', `The agent may not hold ${beyond.join(', ')}, nor may its credentials.`)
  return [...wanted]
}

function revoked(): ProblemException {
  return new ProblemException(409, 'agent.revoked', 'The agent was revoked for good.')
}
