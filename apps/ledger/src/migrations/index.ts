import type { MigrationClass } from '@portitor/postgres'
import { ledgerMigration } from './0001-ledger.ts'
import { postUsageMigration } from './0002-post-usage.ts'

export const ledgerMigrations: readonly MigrationClass[] = [ledgerMigration, postUsageMigration]
