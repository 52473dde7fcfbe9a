import type { z } from 'zod'

/** Every bad variable of a configuration, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(readonly problems: readonly string[]) {
    super(`the configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
  }
}

/**
 * Reads a configuration from the environment; a variable set to nothing counts as unset. Throws ConfigError that lists
 * every bad variable with what it was (secrets by length only) and what is expected (O-2).
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: NodeJS.ProcessEnv = process.env,
): z.infer<Schema> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const text = env[name]?.trim()
      return text === undefined || text === '' ? [] : [[name, text]]
    }),
  )
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new ConfigError([...new Set(result.error.issues.map((issue) => describe(schema, given, issue)))])
}

function describe(schema: z.ZodObject, given: Record<string, string>, issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0] ?? '')
  // A rule about several variables speaks for itself.
  if (name === '') return issue.message
  const description = descriptionOf(schema.shape[name] as z.core.$ZodType | undefined)
  const expected = description === undefined || issue.code === 'custom' ? issue.message : description
  return `${name} ${given[name] === undefined ? 'is not set' : `was ${shown(name, given[name])}`}: expected ${expected}`
}

/** What `.describe()` said, also where `.default()` or `.optional()` came after it. */
function descriptionOf(field: z.core.$ZodType | undefined): string | undefined {
  const { description, def } = (field ?? {}) as { description?: string; def?: { innerType?: z.core.$ZodType } }
  return description ?? (def?.innerType === undefined ? undefined : descriptionOf(def.innerType))
}

function shown(name: string, value: string): string {
  if (/KEY|SECRET|PASSWORD|TOKEN|PEPPER/.test(name)) return `a secret of ${value.length} characters`
  // user:password@ of a URL, also of one that does not parse.
  return JSON.stringify(value.replace(/\/\/[^/@]*@/g, '//***@'))
}
