import type { Endpoint } from '@portitor/contracts'

/** One route that exists, with parameters in braces as endpoints declare them. */
export interface Route {
  readonly method: string
  readonly path: string
  /** Needs no credential. */
  readonly open: boolean
}

/** Fastify writes a parameter as `:id`. */
export function asDeclaredPath(url: string): string {
  return url.replace(/:(\w+)/g, '{$1}')
}

/**
 * Compares the routes of a booted service with its declared endpoints, both ways. Both lists are empty when the
 * OpenAPI document tells the truth. Pages for people (`/` and `/docs`) are not part of the API.
 */
export function compareRoutes(routes: readonly Route[], endpoints: readonly Endpoint[]) {
  const key = ({ method, path, open }: { method: string; path: string; open?: boolean }) =>
    `${method} ${path}${open === true ? ' (open)' : ''}`
  const existing = new Set(routes.filter(({ path }) => path !== '/' && !/^\/docs(\/|$)/.test(path)).map(key))
  const declared = new Set(endpoints.map(key))
  return {
    /** Served but in no document. */
    undeclared: [...existing].filter((route) => !declared.has(route)).sort(),
    /** In the document but not served, or open in one and guarded in the other. */
    missing: [...declared].filter((route) => !existing.has(route)).sort(),
  }
}
