import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from './log.ts'
import { asRefusal, internalProblem, problemDocument, problemMediaType } from './problem-details.ts'

/** Every error leaves as a problem document. What nobody expected is logged in full and answered as 500 with nothing inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>())
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const refusal = asRefusal(error)
    if (refusal === undefined)
      this.log.error({ err: error, request_id: request.id, route: request.routeOptions.url }, 'unexpected error')
    else if (refusal.cause !== undefined)
      this.log.warn({ err: refusal.cause, request_id: request.id, code: refusal.code }, 'refused because of a failure')
    const answered = refusal ?? internalProblem(request.id)
    if (reply.sent) return
    void reply
      .code(answered.getStatus())
      .headers(answered.headers)
      .type(problemMediaType)
      .serializer(JSON.stringify)
      .send(problemDocument(answered, instanceOf(answered.code, request)))
  }
}

/** The path, never the query. Left out where the URL itself was the fault: it may hold a key. */
function instanceOf(code: string, request: FastifyRequest): string | undefined {
  if (code === 'credential.in_url' || code === 'request.malformed_url') return undefined
  return request.raw.url?.split('?', 1)[0]
}
