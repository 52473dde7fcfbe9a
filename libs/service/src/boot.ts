import { type DynamicModule, Module, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { Bus } from '@portitor/bus'
import { type Endpoint, openApiDocument, serviceEndpoints } from '@portitor/contracts'
import { IdentityView } from '@portitor/identity'
import { addDocsPage } from './docs-page.ts'
import { DocsController, openApiToken } from './docs.controller.ts'
import { HealthController } from './health.controller.ts'
import { HealthRegistry } from './health.ts'
import { createHttpServer } from './http-server.ts'
import { createIdentity } from './identity.ts'
import { Log } from './log.ts'
import { Peers, type PeerUrls } from './peers.ts'
import { ProblemFilter } from './problem.filter.ts'
import type { Route } from './routes.ts'
import { drainable } from './shutdown.ts'

const drainMsMax = 15_000

export interface ServiceOptions {
  readonly name: string
  readonly module: Type | DynamicModule
  /** 0: any free port; `url` says which. */
  readonly port: number
  readonly host: string
  /** Any secret of 32 characters or more (I-3). */
  readonly operatorKey: string
  /** Addresses of peers in other processes; a peer without one is expected in this process. */
  readonly peers?: PeerUrls
  /** What the modules serve: a route that is not among these is refused. Also for `GET /api/openapi.json` and `/docs`. */
  readonly endpoints: readonly Endpoint[]
  /** Where `identity.changed` is read, by which the guard forgets, and where the audit log is told of refused scopes. */
  readonly bus: Pick<Bus, 'follow' | 'append'>
  readonly log: Log
}

export interface Service {
  readonly app: NestFastifyApplication
  readonly url: string
  /** Every route that exists; `compareRoutes` holds them against what is declared. */
  readonly routes: readonly Route[]
  /** Resolves once every health check is content; rejects after `waitMsMax`, saying which is not. */
  ready(waitMsMax: number): Promise<void>
  /** Not ready from now on, stops listening, finishes the requests in hand, then runs Nest's shutdown hooks. Safe to call twice. */
  close(): Promise<void>
}

@Module({})
class ServiceModule {}

/**
 * Starts a service: resolves when every module's `onApplicationBootstrap` has run and the port is open. A start that fails
 * half way runs the shutdown hooks of what had started and rejects with an error that says what to do.
 */
export async function bootService(options: ServiceOptions): Promise<Service> {
  const { log, operatorKey } = options
  const health = new HealthRegistry(log)
  const filter = new ProblemFilter(log)
  let closing: Promise<void> | undefined
  const endpoints = [...options.endpoints, ...serviceEndpoints]
  const identity = createIdentity({ name: options.name, operatorKey, bus: options.bus, log, peers: () => peers })
  const { adapter, fastify, routes } = createHttpServer({
    guard: identity.guard,
    endpoints,
    log,
    filter,
    draining: () => closing !== undefined,
  })
  const peers = new Peers({ urls: options.peers ?? {}, operatorKey, fastify, log })
  const document = openApiDocument(endpoints, { title: `Portitor ${options.name}`, version: '1' })
  addDocsPage(fastify, document)
  const root: DynamicModule = {
    module: ServiceModule,
    global: true,
    imports: [options.module],
    controllers: [HealthController, DocsController],
    providers: [
      { provide: HealthRegistry, useValue: health },
      { provide: Peers, useValue: peers },
      { provide: IdentityView, useValue: identity.follower.view },
      { provide: Log, useValue: log },
      { provide: openApiToken, useValue: document },
    ],
    exports: [HealthRegistry, Peers, IdentityView, Log],
  }
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: false,
  })
  const drain = drainable(app.getHttpServer())
  app.useGlobalFilters(filter)
  try {
    await identity.start()
    await app.listen(options.port, options.host)
  } catch (error) {
    // What has started (consumers, pools) must not outlive the failure; its own trouble in stopping is not the news.
    await app.close().catch((err: unknown) => log.warn({ err }, 'stopping after a failed start failed too'))
    await identity.close()
    throw startFailure(error, options)
  }
  const close = async () => {
    health.drain()
    await drain(drainMsMax)
    await app.close()
    await identity.close()
  }
  return { app, url: await app.getUrl(), routes, ready: (ms) => health.ready(ms), close: () => (closing ??= close()) }
}

/** The usual reasons why a port cannot be opened, said so that the reader can act. */
function startFailure(error: unknown, { name, host, port }: ServiceOptions): unknown {
  const at = `${name} cannot listen on ${host} port ${port}`
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new Error(`${at}: the port is in use. Stop what uses it, or set PORT to another one.`, { cause: error })
  if (code === 'EACCES') return new Error(`${at}: not allowed. Set PORT to one above 1023.`, { cause: error })
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new Error(`${at}: the host is not an address of this machine. Set HOST to 127.0.0.1 or 0.0.0.0.`, {
      cause: error,
    })
  return error
}
