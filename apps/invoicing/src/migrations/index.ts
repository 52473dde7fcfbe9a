import type { MigrationClass } from '@portitor/postgres'
import { createSubscriptions } from './0001-subscriptions.ts'
import { createIdempotencyKeys } from './0002-idempotency-keys.ts'

export const invoicingMigrations: readonly MigrationClass[] = [createSubscriptions, createIdempotencyKeys]
