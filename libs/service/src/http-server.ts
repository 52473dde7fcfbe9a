import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { Endpoint } from '@portitor/contracts'
import type { Guard } from '@portitor/identity'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { admitWith } from './admit.ts'
import { bodyBytesMax } from './body.ts'
import { answerClientError } from './client-error.ts'
import type { Log } from './log.ts'
import type { ProblemFilter } from './problem.filter.ts'
import { asDeclaredPath, type Route } from './routes.ts'

/** Room for any credential a shell can pass, so that an oversized one is refused by the guard and not by the parser. */
const headerBytesMax = 65_536
/** Longer than the idle time-out of the usual load balancers: the server must not be the one to close first. */
const keepAliveMsMax = 72_000
const requestMsMax = 60_000
const pathParameterCharactersMax = 512

export interface HttpServerOptions {
  readonly guard: Guard
  /** What the guard lets anybody call, beside open routes. */
  readonly endpoints: readonly Endpoint[]
  readonly log: Log
  readonly filter: ProblemFilter
  /** Whether the service is stopping: answers then close their connection. */
  draining(): boolean
}

/** The HTTP side of a service before Nest adds its routes: limits, request ids, the guard, bodies as bytes, access log. */
export function createHttpServer(options: HttpServerOptions) {
  const adapter = new FastifyAdapter({
    // Fastify's own lines carry URLs with their queries; a service logs through `Log` only.
    logger: false,
    bodyLimit: bodyBytesMax,
    keepAliveTimeout: keepAliveMsMax,
    requestTimeout: requestMsMax,
    routerOptions: { maxParamLength: pathParameterCharactersMax },
    http: { maxHeaderSize: headerBytesMax },
    clientErrorHandler: answerClientError,
    genReqId: (request: IncomingMessage) => saneRequestId(request.headers['x-request-id']) ?? randomUUID(),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      options.filter.answer(error, request, reply.headers(everyAnswer(request))),
  })
  const fastify = adapter.getInstance<FastifyInstance>()
  addHooks(fastify, options)
  // Bodies stay bytes: nothing is parsed before the guard has let the request in, and ingestion gets what was sent.
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  return { adapter, fastify, routes: collectRoutes(fastify) }
}

/** Every request passes here, so the hooks are callbacks: a promise each would cost more than what they do. */
function addHooks(fastify: FastifyInstance, options: HttpServerOptions): void {
  // A property that is added to each request later makes every access to it slow.
  fastify.decorateRequest('caller')
  const admit = admitWith(options.guard, options.endpoints)
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(everyAnswer(request))
    admit(request, done)
  })
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (options.draining()) reply.header('connection', 'close')
    done(null, payload)
  })
  fastify.addHook('onResponse', (request, reply, done) => {
    logRequest(options.log, request, reply)
    done()
  })
}

/** The pattern of the route and not the URL, which may hold what people should not have put there. */
function logRequest(log: Log, request: FastifyRequest, reply: FastifyReply): void {
  const line = {
    request_id: request.id,
    method: request.method,
    route: request.routeOptions.url,
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime),
  }
  if (reply.statusCode >= 400) log.info(line, 'request refused')
  else log.debug(line, 'request served')
}

/** Tenants' data is for who asked and for no cache in between. */
function everyAnswer(request: FastifyRequest) {
  return { 'portitor-request-id': request.id, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
}

/** HEAD routes are left out: Fastify adds one to every GET. `open` is asked late, as later hooks may still set it. */
function collectRoutes(fastify: FastifyInstance): Route[] {
  const routes: Route[] = []
  fastify.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      if (method === 'HEAD') continue
      routes.push({
        method,
        path: asDeclaredPath(route.url),
        get open() {
          return route.config?.portitorOpen === true
        },
      })
    }
  })
  return routes
}

/** A caller's own id is kept if it can break neither a log line nor a header. */
function saneRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : undefined
}
