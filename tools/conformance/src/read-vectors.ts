import { readFileSync } from 'node:fs'
import type { Vector } from './vector.ts'

/** A file cannot be read as vectors; the message says what is expected. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem'
}

/** Reads `{"cases": [{id, category, input, expected}, …]}`, or the list alone. Throws `FileProblem`. */
export function readVectors(file: string): Vector[] {
  const content = parsed(file)
  const cases = Array.isArray(content) ? (content as unknown[]) : (content as { cases?: unknown } | null)?.cases
  if (!Array.isArray(cases) || cases.length === 0)
    throw new FileProblem(
      `${file}: expected {"cases": [{"id", "category", "input", "expected"}, …]} with at least one case`,
    )
  const faulty = cases.findIndex((one) => !isVector(one))
  if (faulty !== -1) throw new FileProblem(`${file}: cases.${faulty} lacks id, category, input or expected`)
  return cases as Vector[]
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new FileProblem(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function isVector(value: unknown): value is Vector {
  if (typeof value !== 'object' || value === null) return false
  const { id, category, input, expected } = value as Record<string, unknown>
  return typeof id === 'string' && typeof category === 'string' && input !== undefined && expected !== undefined
}
