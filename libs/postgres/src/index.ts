export { Database, type DatabaseOptions, type PreparedStatement, type Queryable } from './database.ts'
export { migrate, migration, type MigrationClass } from './migrate.ts'
export { tenantTable } from './row-level-security.ts'
