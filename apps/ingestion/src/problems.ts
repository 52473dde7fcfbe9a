import { LogUnavailable } from '@portitor/bus'
import type { Rejection } from '@portitor/contracts'
import { ProblemException } from '@portitor/service'
import { LogBusy, LogSlow } from './group-append.ts'

/** A request of which nothing was taken, and why: `field` and the members name where. */
export function refused(status: number, { code, field, detail }: Rejection, members: object = {}): ProblemException {
  const where = field === undefined ? '' : `${field}: `
  return new ProblemException(status, code, `${where}${detail}`, field === undefined ? members : { field, ...members })
}

/** M-11: 503 with the time to wait. It promises nothing: the client sends the same events again. */
export function unavailable(code: string, detail: string, retryAfterSeconds = 1): ProblemException {
  return new ProblemException(503, code, detail, {}, { 'retry-after': String(retryAfterSeconds) })
}

/** What a failure of the log means to the client; anything else is a bug and stays what it is. */
export function logProblem(error: unknown): unknown {
  if (error instanceof LogBusy)
    return unavailable('log.busy', 'More events are waiting for the log than may wait. Send these again in a moment.')
  if (error instanceof LogSlow || error instanceof LogUnavailable)
    return unavailable(
      'log.unavailable',
      'The log did not confirm in time. Send the same events again: what had arrived counts once.',
      2,
    )
  return error
}
