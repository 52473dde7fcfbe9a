import { RouteConfig } from '@nestjs/platform-fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route needs no credential. */
    portitorOpen?: true
  }
}

export const openRoute = { portitorOpen: true } as const

/** Marks a handler that needs no credential: health, documentation and public keys, nothing else. */
export const Open = () => RouteConfig(openRoute)
