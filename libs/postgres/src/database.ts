import pg from 'pg'

/** Whatever runs a statement: the pool or one transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    statement: string | PreparedStatement,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>
}

/** A statement that is planned once per connection: for hot paths. */
export interface PreparedStatement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

export interface DatabaseOptions {
  readonly url: string
  readonly connectionsMax: number
  readonly applicationName: string
  /**
   * For work that is better refused than late: how long a statement may take, and the wait for a connection. A connection
   * that did not answer in time is given up. Unless said, statements have no limit and the wait has one of 30 s.
   */
  readonly answerMsMax?: number
}

/** int8 arrives as bigint, numeric as decimal text: neither ever passes through a JS number. */
export const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, (text: string) => BigInt(text))

/** The server gives up too, a moment later: it does not notice that nobody listens, and would keep what waits for a lock. */
const serverLagMs = 100
const limitsOf = ({ answerMsMax }: DatabaseOptions): pg.PoolConfig =>
  answerMsMax === undefined ? {} : { query_timeout: answerMsMax, statement_timeout: answerMsMax + serverLagMs }

/**
 * The pool of one service. Every connection acts as `portitor_service`, which owns nothing, so row-level security and
 * revoked privileges hold for the service's own statements too. Requests of a tenant go through `asTenant`.
 */
export class Database implements Queryable {
  readonly #pool: pg.Pool

  constructor(readonly options: DatabaseOptions) {
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.connectionsMax,
      application_name: options.applicationName,
      options: '-c role=portitor_service',
      types,
      connectionTimeoutMillis: options.answerMsMax ?? 30_000,
      ...limitsOf(options),
      idleTimeoutMillis: 60_000,
    })
    // An idle connection that breaks (a restarted server) is dropped by the pool; the next query reports what is wrong.
    this.#pool.on('error', () => undefined)
  }

  async query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    statement: string | PreparedStatement,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }> {
    return this.#pool.query<Row>(statement as string, values as unknown[] | undefined)
  }

  /** Runs `work` in one READ COMMITTED transaction; commits when it resolves, rolls back when it rejects. */
  async transaction<Result>(work: (tx: Queryable) => Promise<Result>, begin = 'begin'): Promise<Result> {
    const client = await this.#pool.connect()
    let broken: Error | undefined
    const onError = (error: Error) => (broken = error)
    client.on('error', onError)
    try {
      await client.query(begin)
      const result = await work(client)
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch((failure: unknown) => (broken = failure as Error))
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  /** One snapshot for several reads, so that sums and positions belong to the same moment. */
  async snapshot<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> {
    return this.transaction(work, 'begin isolation level repeatable read, read only')
  }

  /** I-4: acts as `portitor_tenant` with the workspace set, so the database itself hides the rows of every other tenant. */
  async asTenant<Result>(workspaceId: string, work: (tx: Queryable) => Promise<Result>): Promise<Result> {
    return this.transaction(async (tx) => {
      await tx.query(`set local role portitor_tenant`)
      await tx.query(`select set_config('app.workspace_id', $1, true)`, [workspaceId])
      return work(tx)
    })
  }

  /** A connection of its own for LISTEN or a session lock; the caller ends it. */
  async dedicated(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: this.options.applicationName,
      options: '-c role=portitor_service',
      types,
    })
    await client.connect()
    return client
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}
