import { z } from 'zod'
import { ProblemException } from './problem-details.ts'

/** How many wrong fields one answer names. */
const errorsMax = 20

/**
 * Checks a value that came from outside. Throws 400 `request.invalid` whose `errors` name each wrong field and what is
 * expected of it; a field the schema does not know is wrong too, so a misspelt option is never silently ignored.
 */
export function parse<T>(schema: z.ZodType<T>, value: unknown, where: 'body' | 'query' | 'path' | 'header'): T {
  const result = strictly(schema).safeParse(value)
  if (result.success) return result.data
  const errors = result.error.issues.flatMap(fieldErrors).slice(0, errorsMax)
  const detail = errors.map(({ field, expected }) => `${field === '' ? `the ${where}` : field}: ${expected}`).join('; ')
  throw new ProblemException(400, 'request.invalid', detail, {
    errors: errors.map((error) => ({ in: where, ...error })),
  })
}

/** A plain object schema drops what it does not know; at a border that must be an error. */
function strictly<T>(schema: z.ZodType<T>): z.ZodType<T> {
  if (schema instanceof z.ZodObject && schema.def.catchall === undefined)
    return schema.strict() as unknown as z.ZodType<T>
  return schema
}

function fieldErrors(issue: z.core.$ZodIssue): { field: string; expected: string }[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      field: fieldName([...issue.path, key.slice(0, 128)]),
      expected: 'no such field',
    }))
  return [{ field: fieldName(issue.path), expected: issue.message }]
}

function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (name, part) =>
      typeof part === 'number' ? `${name}[${part}]` : name === '' ? String(part) : `${name}.${String(part)}`,
    '',
  )
}
