import { covers, coversAll } from '@portitor/identity'

/** What an agent is held to. `null`: no limit. */
export interface AgentLimits {
  readonly allowed_models: readonly string[] | null
  readonly allowed_tools: readonly string[] | null
  readonly allowed_workflows: readonly string[] | null
  readonly scopes: readonly string[] | null
}

/** Limits as somebody gives them to an agent: what is left out is not limited, or not changed. */
export type GivenLimits = { readonly [Name in keyof AgentLimits]?: AgentLimits[Name] | undefined }

/** What all of a chain allow. */
interface EffectiveLimits {
  readonly allowed_models: string[] | null
  readonly allowed_tools: string[] | null
  readonly allowed_workflows: string[] | null
  readonly scopes: string[] | null
}

/**
 * What an agent may do under its parents (I-6), the nearest first: in each respect what every one of them allows. Computed
 * along the chain and stored nowhere, so narrowing a parent narrows its sub-agents at once.
 */
export function effectiveLimits(chain: readonly AgentLimits[]): EffectiveLimits {
  return {
    allowed_models: intersectAll(
      chain.map(({ allowed_models }) => allowed_models),
      sameNames,
    ),
    allowed_tools: intersectAll(
      chain.map(({ allowed_tools }) => allowed_tools),
      sameNames,
    ),
    allowed_workflows: intersectAll(
      chain.map(({ allowed_workflows }) => allowed_workflows),
      sameNames,
    ),
    scopes: intersectAll(
      chain.map(({ scopes }) => scopes),
      intersectScopes,
    ),
  }
}

/** The first respect in which limits given to a sub-agent go beyond its parent's. Null under a limited parent is inherited, not widened. */
export function exceeds(given: GivenLimits, parent: AgentLimits): keyof AgentLimits | undefined {
  const wider = names.find((name) => !within(given[name] ?? null, parent[name]))
  if (wider !== undefined) return wider
  const { scopes } = given
  return scopes == null || parent.scopes === null || coversAll(parent.scopes, scopes) ? undefined : 'scopes'
}

/** What both allow: of `invoke:*` and `invoke:model:gpt-4o` that is the narrower. */
export function intersectScopes(left: readonly string[], right: readonly string[]): string[] {
  return [
    ...new Set([...left.filter((scope) => covers(right, scope)), ...right.filter((scope) => covers(left, scope))]),
  ]
}

const names = ['allowed_models', 'allowed_tools', 'allowed_workflows'] as const
type List = readonly string[] | null

function within(given: List, parent: List): boolean {
  return given === null || parent === null || given.every((name) => parent.includes(name))
}

function sameNames(left: readonly string[], right: readonly string[]): string[] {
  return left.filter((name) => right.includes(name))
}

function intersectAll(
  lists: readonly List[],
  both: (left: readonly string[], right: readonly string[]) => string[],
): string[] | null {
  const limited = lists.filter((list) => list !== null)
  const [first, ...rest] = limited
  return first === undefined ? null : rest.reduce<string[]>(both, [...first])
}
