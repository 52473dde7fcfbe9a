import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm'
import { type Database, types } from './database.ts'

/**
 * TypeORM for ordinary CRUD beside a `Database`: the same server, the same role that owns nothing, the same types, and a
 * small pool of its own. The caller initializes and destroys it. A transaction's connection
 * (`await manager.queryRunner.connect()`) is a `Queryable`, so rows written through entities and published messages share a commit.
 */
export function dataSourceBeside(
  database: Database,
  options: { readonly entities: EntityTarget<ObjectLiteral>[]; readonly connectionsMax: number },
): DataSource {
  return new DataSource({
    type: 'postgres',
    url: database.options.url,
    applicationName: `${database.options.applicationName} entities`,
    poolSize: options.connectionsMax,
    connectTimeoutMS: 30_000,
    entities: options.entities as never,
    installExtensions: false,
    // A connection that breaks while idle is dropped by the pool; the next query reports what is wrong.
    poolErrorHandler: () => undefined,
    extra: { options: '-c role=portitor_service', types, idleTimeoutMillis: 60_000 },
  })
}
