import { z } from 'zod'

const resources = [
  'workspaces',
  'keys',
  'agents',
  'metering',
  'ledger',
  'usage',
  'pricing',
  'plans',
  'billing',
  'audit',
  'members',
] as const
type Resource = (typeof resources)[number]
export type ResourceScope = `${Resource}:read` | `${Resource}:write`

export const resourceScopes: readonly ResourceScope[] = resources.flatMap((resource): ResourceScope[] => [
  `${resource}:read`,
  `${resource}:write`,
])

/** What may be invoked, by name or all of a kind: `invoke:model:gpt-4o`, `invoke:workflow:*`, `mcp:tool:search`, `invoke:*`. */
const intentPattern = /^(invoke:(\*|(model|workflow|route):(\*|[\w./:@-]{1,128}))|mcp:(\*|tool:(\*|[\w./:@-]{1,128})))$/

/** What a principal may do (I-1). */
export const scopeSchema = z
  .string()
  .max(192)
  .refine((text) => (resourceScopes as readonly string[]).includes(text) || intentPattern.test(text), {
    error: `a scope such as ledger:read, invoke:model:gpt-4o, invoke:workflow:* or mcp:tool:search; resources are ${resources.join(', ')}, each with :read and :write`,
  })

export const scopesSchema = z.array(scopeSchema).max(128)

const everything = [...resourceScopes, 'invoke:*', 'mcp:*']
const reads = (...names: Resource[]) => names.map((name): ResourceScope => `${name}:read`)
const readsAndWrites = (...names: Resource[]) =>
  names.flatMap((name): ResourceScope[] => [`${name}:read`, `${name}:write`])

/** The roles that come with the product: named sets of scopes (I-1). Custom roles are data beside them. */
export const builtInRoles: Readonly<Record<string, readonly string[]>> = {
  owner: everything,
  admin: everything.filter((scope) => scope !== 'billing:write'),
  developer: [
    ...readsAndWrites('keys', 'agents', 'metering'),
    ...reads('workspaces', 'members', 'ledger', 'usage', 'pricing', 'plans'),
    'invoke:*',
    'mcp:*',
  ],
  finance: [...readsAndWrites('billing'), ...reads('workspaces', 'members', 'ledger', 'usage', 'pricing', 'plans')],
  auditor: reads(...resources),
  viewer: reads('workspaces', 'agents', 'metering', 'ledger', 'usage', 'pricing', 'plans'),
}

/** Operator staff: outside any workspace, over the whole system. */
export const operatorRole = 'operator'
