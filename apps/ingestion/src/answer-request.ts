import type { RecordAnswer, RecordedResult, Rejection } from '@portitor/contracts'
import type { Verdict } from './settle-duplicates.ts'

/** M-6: what a request is answered: the counts and what became of each event, and the first rejection where nothing else happened. */
export function answerRequest(verdicts: readonly Verdict[]): {
  readonly answer: RecordAnswer
  readonly refusal: (Rejection & { readonly index: number; readonly status: number }) | undefined
} {
  const counts = { accepted: 0, duplicate: 0, rejected: 0 }
  const results = verdicts.map(({ id, status, rejected }, index): RecordedResult => {
    counts[status] += 1
    return rejected === undefined ? { index, id, status } : { index, id, status, ...rejected }
  })
  const { accepted, duplicate: duplicates, rejected } = counts
  const answer = { accepted, duplicates, rejected, results }
  const index = accepted + duplicates > 0 ? -1 : verdicts.findIndex((verdict) => verdict.rejected !== undefined)
  const first = verdicts[index]?.rejected
  return { answer, refusal: first === undefined ? undefined : { ...first, index, status: statusOf(first.code) } }
}

function statusOf(code: string): number {
  if (code === 'event.id_conflict') return 409
  if (code === 'agent.not_own') return 403
  return code === 'event.too_large' ? 413 : 400
}
