import { Controller, HttpCode, Post } from '@nestjs/common'
import type { Bus } from '@portitor/bus'
import {
  type Endpoint,
  type Introspect,
  type Introspection,
  introspectSchema,
  tokenOperations,
} from '@portitor/contracts'
import { JsonBody } from './index.ts'

/** A log in which nothing happens: without heartbeats the guard asks about each credential but the operator's. */
export const quietBus: Pick<Bus, 'follow' | 'append'> = {
  append: () => Promise.resolve(),
  follow: () => Promise.resolve({ caughtUp: Promise.resolve(), close: () => Promise.resolve() }),
}

/** What `auth` answers: it is another service, so only its contract stands here. */
export function standForAuth(answer: (question: Introspect) => Introspection) {
  @Controller('api/v1/auth')
  class AuthStand {
    @Post('introspect')
    @HttpCode(200)
    introspect(@JsonBody(introspectSchema) question: Introspect) {
      return answer(question)
    }
  }
  return AuthStand
}

export const introspectEndpoints = tokenOperations.filter(({ path }) => path.endsWith('/introspect'))

/** Endpoints of a spec that are about its routes and not about who may call them. */
export const declared = (...routes: readonly `${Endpoint['method']} /${string}`[]): Endpoint[] =>
  routes.map((route) => {
    const [method, path] = route.split(' ') as [Endpoint['method'], string]
    return { service: 'things', method, path, summary: path, workspace: 'optional', scope: 'any', answers: {} }
  })
