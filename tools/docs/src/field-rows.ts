import type { JsonSchema } from '@portitor/contracts'

/** A field of a record as a line of a table. `path` tells where it lies: `events[].quantities`. */
export interface FieldRow {
  readonly path: string
  readonly type: string
  readonly required: boolean
  readonly text: string
}

interface Node {
  readonly $ref?: string
  /** Several where it may be null. */
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
}

const depthMax = 6

/** The fields of a schema in their order, nested ones by their path. Alternatives (a union) are listed one after the other. */
export function fieldRows(schema: JsonSchema, components: Readonly<Record<string, JsonSchema>>): FieldRow[] {
  const resolve = (node: JsonSchema): Node => {
    const { $ref } = node as Node
    return $ref === undefined ? node : (components[$ref.split('/').at(-1)!] as Node)
  }

  const below = (node: Node, prefix: string, depth: number): FieldRow[] => {
    if (depth > depthMax) return []
    const alternatives = (node.anyOf ?? node.oneOf ?? []).map(resolve)
    if (alternatives.length > 0) return distinct(alternatives.flatMap((one) => below(one, prefix, depth)))
    if (node.items !== undefined) return below(resolve(node.items), prefix === '' ? '' : `${prefix}[]`, depth + 1)
    return Object.entries(node.properties ?? {}).flatMap(([name, property]) => {
      const found = resolve(property)
      const path = prefix === '' ? name : `${prefix}.${name}`
      const row = {
        path,
        type: typeOf(found, resolve),
        required: node.required?.includes(name) ?? false,
        text: found.description ?? '',
      }
      return [row, ...below(found, path, depth + 1)]
    })
  }
  return below(resolve(schema), '', 0)
}

/** A union's members name the same field more than once: the first stands for all that are equal, and a constant lists its values. */
function distinct(rows: readonly FieldRow[]): FieldRow[] {
  const byPath = Map.groupBy(rows, ({ path }) => path)
  return [...byPath.values()].map((same) => ({
    ...same[0]!,
    type: [...new Set(same.map(({ type }) => type))].join(' or '),
  }))
}

function typeOf(node: Node, resolve: (node: JsonSchema) => Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum !== undefined) return node.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  const union = node.anyOf ?? node.oneOf
  if (union !== undefined) return union.map((one) => typeOf(resolve(one), resolve)).join(' or ')
  if (node.type === 'array') return `list of ${typeOf(resolve(node.items ?? {}), resolve)}`
  if (node.type === 'object' && typeof node.additionalProperties === 'object' && node.properties === undefined)
    return `object of ${typeOf(resolve(node.additionalProperties), resolve)}`
  const type = [node.type ?? 'any'].flat().join(' or ')
  if (node.format !== undefined) return `${type} (${node.format})`
  if (node.pattern !== undefined) return `${type} \`${node.pattern}\``
  return type
}
