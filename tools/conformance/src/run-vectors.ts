import { BookInvalid } from '@portitor/pricing'
import { mappings } from './categories.ts'
import { agrees } from './compare.ts'
import { finerThanNano } from './finer-than-nano.ts'
import { Fields, type Vector, VectorUnclear } from './vector.ts'

export type Outcome = 'passed' | 'failed' | 'excepted' | 'unsupported'

export interface CaseReport {
  readonly id: string
  readonly category: string
  readonly outcome: Outcome
  readonly expected?: unknown
  readonly actual?: unknown
  readonly reason?: string
}

export interface ConformanceReport {
  readonly passed: number
  readonly failed: number
  readonly excepted: number
  readonly unsupported: number
  readonly cases: readonly CaseReport[]
}

/** Runs every case against our models. A category that nobody maps fails; an exception holds only where the other rule explains the expectation. */
export function runVectors(vectors: readonly Vector[]): ConformanceReport {
  const cases = vectors.map(runVector)
  const count = (outcome: Outcome): number => cases.filter((one) => one.outcome === outcome).length
  return {
    passed: count('passed'),
    failed: count('failed'),
    excepted: count('excepted'),
    unsupported: count('unsupported'),
    cases,
  }
}

function runVector(vector: Vector): CaseReport {
  const { id, category, expected } = vector
  const mapping = Object.hasOwn(mappings, category) ? mappings[category] : undefined
  if (mapping === undefined)
    return { id, category, outcome: 'failed', reason: 'the category is unknown: no rule says what it means' }
  const mustRefuse = typeof expected === 'object' && expected !== null && 'error' in expected
  try {
    const answer = mapping(new Fields(vector.input))
    if ('unsupported' in answer) return { id, category, outcome: 'unsupported', reason: answer.unsupported }
    const { actual, exception } = answer
    if (mustRefuse) return { id, category, outcome: 'failed', expected, actual, reason: 'the input must be refused' }
    if (agrees(actual, expected)) return { id, category, outcome: 'passed' }
    const excepted = exception !== undefined && agrees(exception.dialect, expected) ? exception.reason : undefined
    const reason = excepted ?? finerThanNano(actual, expected)
    if (reason !== undefined) return { id, category, outcome: 'excepted', expected, actual, reason }
    return { id, category, outcome: 'failed', expected, actual }
  } catch (error) {
    if (error instanceof VectorUnclear) return { id, category, outcome: 'failed', expected, reason: error.message }
    if (!(error instanceof BookInvalid || error instanceof RangeError)) throw error
    if (mustRefuse) return { id, category, outcome: 'passed' }
    return { id, category, outcome: 'failed', expected, reason: `refused: ${error.message}` }
  }
}
