import type { MigrationClass } from '@portitor/postgres'
import { createWorkspaces } from './migrations/0001-workspaces.ts'
import { createIdempotencyKeys } from './migrations/0002-idempotency-keys.ts'
import { createIdentity } from './migrations/0003-identity.ts'
import { createAudit } from './migrations/0004-audit.ts'

export { AuthModule } from './auth.module.ts'
export { authVariables, identitySettings } from './config.ts'

/** Run them with `migrate(url, 'auth', authMigrations)` before the module starts. */
export const authMigrations: readonly MigrationClass[] = [
  createWorkspaces,
  createIdempotencyKeys,
  createIdentity,
  createAudit,
]
