import type { Endpoint } from '@portitor/contracts'
import type { Admission, Call, Guard, Refusal, Target } from '@portitor/identity'
import type { FastifyContextConfig, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { ProblemException } from './problem-details.ts'
import { asDeclaredPath } from './routes.ts'

/**
 * The guard as a hook: it runs when the headers are there and before a byte of the body is parsed, so a bad credential is
 * answered whatever the body is (I-2). Who is remembered goes on within the call: a promise for each request would cost more
 * than all that is checked.
 */
export function admitWith(guard: Guard, endpoints: readonly Endpoint[]) {
  const targetOf = findTargets(endpoints)
  return (request: FastifyRequest, done: HookHandlerDoneFunction): void => {
    const failed = (error: unknown) => done(error as Error)
    let admission: Admission | Promise<Admission>
    try {
      admission = guard.admit(asCall(request, targetOf(request)))
    } catch (error) {
      failed(error)
      return
    }
    if (admission instanceof Promise) admission.then((settled) => settle(request, settled, done), failed)
    else settle(request, admission, done)
  }
}

function settle(request: FastifyRequest, admission: Admission, done: HookHandlerDoneFunction): void {
  if ('refused' in admission) {
    done(asProblem(admission.refused))
    return
  }
  if (admission.caller !== undefined) request.caller = admission.caller
  const compressed = refuseCompressed(request)
  if (compressed === undefined) done()
  else done(compressed)
}

function asCall(request: FastifyRequest, target: Target): Call {
  return {
    url: request.raw.url ?? '',
    headers: request.headers,
    address: request.ip,
    requestId: request.id,
    target,
  }
}

export function asProblem({ status, code, detail, members, headers }: Refusal): ProblemException {
  return new ProblemException(status, code, detail, members, headers)
}

/** What each route is, worked out once: a route of Fastify has one configuration object for as long as it exists. */
function findTargets(endpoints: readonly Endpoint[]): (request: FastifyRequest) => Target {
  const declared = new Map(endpoints.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint]))
  const known = new WeakMap<FastifyContextConfig, Target>()
  return (request) => {
    if (request.is404) return 'nothing'
    const { config } = request.routeOptions
    const before = known.get(config)
    if (before !== undefined) return before
    const target = config.portitorOpen === true ? 'open' : declaredFor(request, declared)
    known.set(config, target)
    return target
  }
}

/** Fastify answers HEAD wherever there is a GET. */
function declaredFor(request: FastifyRequest, declared: ReadonlyMap<string, Endpoint>): Target {
  const method = request.method === 'HEAD' ? 'GET' : request.method
  return declared.get(`${method} ${asDeclaredPath(request.routeOptions.url ?? '')}`) ?? 'undeclared'
}

function refuseCompressed(request: FastifyRequest): ProblemException | undefined {
  const encoding = request.headers['content-encoding']
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return undefined
  return new ProblemException(
    415,
    'request.unsupported_encoding',
    'Send the body uncompressed, without a content-encoding header.',
  )
}
