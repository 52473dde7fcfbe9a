import { ProblemException } from '@portitor/service'
import type { BookProblem } from './check-charges.ts'

/** 400 naming every fault at once, of a draft or of the file that one would be made from. */
export function refusalOf(code: string, problems: readonly BookProblem[]): ProblemException {
  const detail = problems.map(({ field, expected }) => `${field}: ${expected}`).join('; ')
  return new ProblemException(400, code, detail, { errors: problems.map((problem) => ({ in: 'body', ...problem })) })
}
