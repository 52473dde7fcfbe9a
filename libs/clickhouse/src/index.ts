export {
  ClickHouse,
  ClickHouseRefused,
  type InsertOptions,
  type QueryOptions,
  type Settings,
  type SettingValue,
} from './clickhouse.ts'
export { migrateTables, type TableMigration } from './migrate.ts'
export { type ClickHouseAddress, openClickHouse } from './open-clickhouse.ts'
