import { type Principal, scopeSchema } from '@portitor/contracts'
import type { Intent } from './caller.ts'
import { covers } from './covers.ts'
import type { CallHeaders } from './credential.ts'
import { forbidden, type Refusal } from './refusal.ts'

const none: Intent = Object.freeze({ workflow: undefined, costCenter: undefined, intent: undefined })
/** What may stand in a scope as a name. */
const workflowForm = /^[\w./:@-]{1,128}$/
const costCenterForm = /^[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?$/

/** What a call says it serves (I-5): `x-workflow`, `x-cost-center`, `x-intent`, each well-formed or refused. */
export function readIntent(headers: CallHeaders): Intent | { readonly refused: Refusal } {
  const { 'x-workflow': workflow, 'x-cost-center': costCenter, 'x-intent': intent } = headers
  if (workflow === undefined && costCenter === undefined && intent === undefined) return none
  if (!matches(workflow, workflowForm))
    return malformed('x-workflow', '1 to 128 letters, digits and the characters _ . / : @ -')
  if (!matches(costCenter, costCenterForm)) return malformed('x-cost-center', '1 to 128 visible ASCII characters')
  if (intent !== undefined && !isIntent(intent))
    return malformed('x-intent', 'what is to be done, such as invoke:model:gpt-4o or mcp:tool:search')
  return { workflow, costCenter, intent }
}

/** Whether the caller may do what it says it does: by its scopes, and an agent by its own limits too (I-5). */
export function authorizeIntent(
  { workflow, intent }: Intent,
  scopes: readonly string[],
  agent: Principal['agent'],
): Refusal | undefined {
  const wanted = [workflow === undefined ? undefined : `invoke:workflow:${workflow}`, intent]
  for (const scope of wanted)
    if (scope !== undefined && !(covers(scopes, scope) && (agent === null || withinLimits(scope, agent))))
      return {
        ...forbidden('intent.not_allowed', `The credential may not do this: ${scope}.`),
        members: { intent: scope },
      }
  return undefined
}

type AgentLimits = NonNullable<Principal['agent']>

/** An intent that names all of a kind (`invoke:model:*`, `invoke:*`) is more than any list allows. */
function withinLimits(scope: string, agent: AgentLimits): boolean {
  const limits: readonly (readonly [prefix: string, allowed: readonly string[] | null])[] = [
    ['invoke:model:', agent.allowed_models],
    ['invoke:workflow:', agent.allowed_workflows],
    ['mcp:tool:', agent.allowed_tools],
  ]
  return limits.every(([prefix, allowed]) => {
    if (allowed === null) return true
    if (scope.startsWith(prefix)) return allowed.includes(scope.slice(prefix.length))
    // `invoke:*` and `mcp:*` hold every kind under them, and so the limited one.
    return !(scope.endsWith(':*') && prefix.startsWith(scope.slice(0, -1)))
  })
}

function matches(value: string | string[] | undefined, form: RegExp): value is string | undefined {
  return value === undefined || (typeof value === 'string' && form.test(value))
}

function isIntent(value: string | string[]): value is string {
  return typeof value === 'string' && /^(invoke|mcp):/.test(value) && scopeSchema.safeParse(value).success
}

function malformed(header: string, expected: string): { readonly refused: Refusal } {
  return { refused: { status: 400, code: 'intent.malformed', detail: `The header ${header} must be ${expected}.` } }
}
