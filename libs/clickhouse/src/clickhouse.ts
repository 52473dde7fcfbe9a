export type SettingValue = string | number | boolean
export type Settings = Readonly<Record<string, SettingValue>>

export interface InsertOptions {
  /** A block with a token that the table has seen within its deduplication window is dropped, in dependent views too. */
  readonly token?: string
  readonly settings?: Settings
}

export interface QueryOptions {
  /** The engine gives up after this long; 10 s unless said. */
  readonly secondsMax?: number
  /** More rows than this in the answer are an error, not a shorter answer; 100,000 unless said. */
  readonly rowsMax?: number
  readonly settings?: Settings
}

/**
 * A ClickHouse engine: a server over HTTP or the engine in this process, behind one interface (O-1).
 * An abstract class rather than an interface so that it can be an injection token.
 */
export abstract class ClickHouse {
  /** Nobody but this process can reach the data: whatever was in flight when a process died has ended with it. */
  abstract readonly exclusive: boolean
  /**
   * Inserts rows in one block and resolves when they are stored. Bytes are JSON lines as they are; objects become such
   * lines, with bigint as decimal text. Rejects with ClickHouseRefused where the engine says no; after any other error
   * nobody knows whether the rows are in.
   */
  abstract insert(table: string, rows: Uint8Array | readonly object[], options?: InsertOptions): Promise<void>
  /**
   * Answers a SELECT without FORMAT and SETTINGS of its own. Values go in as parameters (`{name:Type}`) and nowhere else.
   * Integers of 64 bits and more, and decimals, come as text; smaller ones as numbers; times as text in UTC.
   */
  abstract query<Row extends object>(
    sql: string,
    parameters?: Readonly<Record<string, unknown>>,
    options?: QueryOptions,
  ): Promise<Row[]>
  /** Runs one statement that answers no rows. */
  abstract command(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<void>
  abstract close(): Promise<void>
}

/** The engine has answered and refused: with its number (`60`), its name (`UNKNOWN_TABLE`) and its words. */
export class ClickHouseRefused extends Error {
  override readonly name = 'ClickHouseRefused'
  constructor(
    readonly code: number,
    readonly type: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
