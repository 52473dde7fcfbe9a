import { builtInRoles, type Role } from '@portitor/contracts'
import { afterId, decoded } from '../changes/cursor.ts'

const productRoles: readonly Role[] = Object.entries(builtInRoles).map(([name, scopes]) => ({
  id: null,
  name,
  scopes: [...scopes],
  built_in: true,
}))

/** Roles of the product are known by their names, the workspace's own by their ids. */
export const rolePlace = (role: Role) => role.id ?? role.name

/** A page of roles begins with those of the product that are still to come; `after` is where the workspace's own go on. */
export function productRolesAfter(cursor: string | undefined): { product: readonly Role[]; after: string | undefined } {
  const at = productRoles.findIndex(({ name }) => name === decoded(cursor))
  if (cursor === undefined || at >= 0) return { product: productRoles.slice(at + 1), after: undefined }
  return { product: [], after: afterId(cursor) }
}
