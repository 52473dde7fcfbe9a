import { covers } from '@portitor/identity'

/** What limits an agent; `null`: not limited. */
export interface AgentLimits {
  readonly allowed_models: readonly string[] | null
  readonly allowed_tools: readonly string[] | null
  readonly allowed_workflows: readonly string[] | null
  readonly scopes: readonly string[] | null
}

/** What an agent is held to: its own limits and those of its parents together, `chain` with the nearest first (I-6). */
export function effectiveLimits(chain: readonly AgentLimits[]): {
  allowed_models: string[] | null
  allowed_tools: string[] | null
  allowed_workflows: string[] | null
  scopes: string[] | null
} {
  return {
    allowed_models: intersect(
      chain.map(({ allowed_models }) => allowed_models),
      sameNames,
    ),
    allowed_tools: intersect(
      chain.map(({ allowed_tools }) => allowed_tools),
      sameNames,
    ),
    allowed_workflows: intersect(
      chain.map(({ allowed_workflows }) => allowed_workflows),
      sameNames,
    ),
    scopes: intersect(
      chain.map(({ scopes }) => scopes),
      intersectScopes,
    ),
  }
}

/** What both allow: `invoke:*` and `invoke:model:gpt-4o` have `invoke:model:gpt-4o` in common. */
export function intersectScopes(left: readonly string[], right: readonly string[]): string[] {
  return [
    ...new Set([...left.filter((scope) => covers(right, scope)), ...right.filter((scope) => covers(left, scope))]),
  ]
}

function sameNames(left: readonly string[], right: readonly string[]): string[] {
  return left.filter((name) => right.includes(name))
}

function intersect(
  lists: readonly (readonly string[] | null)[],
  both: (left: readonly string[], right: readonly string[]) => string[],
): string[] | null {
  let result: string[] | null = null
  for (const list of lists) if (list !== null) result = result === null ? [...list] : both(result, list)
  return result
}
