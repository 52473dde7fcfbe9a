import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openRoute } from './open.ts'

/** Everything comes from this server: the page works without a network, and no third party sees who reads it. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

/** The page at `/docs` that shows the OpenAPI document and lets people try it. Open, as it holds no data. */
export function addDocsPage(fastify: FastifyInstance, document: object): void {
  void fastify.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, ...openRoute }
    })
    await scope.register(givenDocument(document))
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: contentSecurityPolicy,
      theme: { title: 'Portitor API' },
    })
  })
}

/** The page asks `fastify.swagger()` for the document and insists on a plugin of that name; ours is generated elsewhere. */
function givenDocument(document: object) {
  const plugin = (scope: FastifyInstance, _options: object, done: () => void) => {
    // What is JSON is YAML too.
    scope.decorate('swagger', (wanted?: { yaml?: boolean }) =>
      wanted?.yaml === true ? JSON.stringify(document, null, 2) : document,
    )
    done()
  }
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('plugin-meta')]: { name: '@fastify/swagger' },
  })
}
