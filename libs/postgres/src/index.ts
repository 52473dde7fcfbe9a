export {
  byteaArray,
  int4Array,
  int8Array,
  jsonArray,
  textArray,
  timestampArray,
  uuidArray,
  uuidTextArray,
} from './array-parameters.ts'
export { dataSourceBeside } from './data-source.ts'
export { Database, type DatabaseOptions, type PreparedStatement, type Queryable } from './database.ts'
export { KeptAnswers, type KeptKey } from './kept-answers.ts'
export { migrate, migration, type MigrationClass } from './migrate.ts'
export { tenantTable, tenantWritableTable } from './row-level-security.ts'
export { DataDirInUse, lockDataDir, type DataDirLock } from './embedded/data-dir-lock.ts'
export { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded/start-embedded-postgres.ts'
export { checkDatabase } from './check-database.ts'
