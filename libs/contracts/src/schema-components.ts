import { z } from 'zod'

export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * JSON schemas of zod schemas for one document: a schema that names itself with `.meta({ id })` becomes a component and
 * is referred to, any other is written where it stands.
 */
export class SchemaComponents {
  readonly all: Record<string, JsonSchema> = {}
  /** Which schema goes by a name. */
  readonly #named = new Map<string, unknown>()

  /** The schema where it is used. `input` is what a caller may send, `output` what it gets (defaults are then always there). */
  refer(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const json = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: (node) => {
        this.#claim(node.zodSchema)
        readable(node)
        if (io === 'output') growable(node)
      },
    })
    const { $defs = {}, ...inline } = json as JsonSchema
    const definitions = Object.entries($defs as Record<string, JsonSchema>)
    const names = new Map(definitions.map(([id, body]) => [id, this.#nameFor(id, body, io)]))
    for (const [id, body] of definitions) this.all[names.get(id) ?? id] = renamed(body, names)
    return renamed(Object.fromEntries(Object.entries(inline).filter(([key]) => key !== '$schema')), names)
  }

  /** As `refer`, for a schema whose properties are needed one by one. */
  inline(schema: z.ZodObject, io: 'input' | 'output'): JsonSchema {
    // A clone has no name, so it stays where it stands.
    return this.refer(schema.clone(), io)
  }

  /** A schema with defaults differs between the two directions: the second one seen gets a name of its own. */
  #nameFor(id: string, body: JsonSchema, io: 'input' | 'output'): string {
    const present = this.all[id]
    const same = present === undefined || equal(present, renamed(body, new Map()))
    return same ? id : `${id}${io === 'input' ? 'Input' : 'Output'}`
  }

  #claim(schema: z.core.$ZodType): void {
    const id = z.globalRegistry.get(schema)?.id
    if (id === undefined) return
    if ((this.#named.get(id) ?? schema) !== schema)
      throw new Error(`two schemas are called ${id}: give each a .meta({ id }) of its own`)
    this.#named.set(id, schema)
  }
}

interface Node {
  jsonSchema: { additionalProperties?: unknown; format?: unknown; pattern?: unknown }
}

/** A format says it better than the half a screen of pattern that zod adds to it. */
function readable({ jsonSchema }: Node): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
}

/** Answers may gain fields within a version, so a client must not be told that there are no others. */
function growable({ jsonSchema }: Node): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
}

function equal(left: JsonSchema, right: JsonSchema): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

/** `#/$defs/X`, as zod writes it, to the component of that name. */
function renamed(schema: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        if (key !== '$ref' || typeof inner !== 'string') return [key, walk(inner)]
        const id = inner.replace('#/$defs/', '')
        return [key, `#/components/schemas/${names.get(id) ?? id}`]
      }),
    )
  }
  return walk(schema) as JsonSchema
}
