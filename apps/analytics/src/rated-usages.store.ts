import { Inject, Injectable } from '@nestjs/common'
import { ClickHouse } from '@portitor/clickhouse'
import type { Block } from './cut-block.ts'

/** One thread and one block: small inserts, whose cost is mostly that of starting. */
const insertSettings = {
  input_format_parallel_parsing: 0,
  max_threads: 1,
  max_insert_threads: 1,
  // A block of a replay may hold events of every month since 2020.
  max_partitions_per_insert_block: 0,
  input_format_json_ignore_unknown_keys_in_named_tuple: 1,
  input_format_json_defaults_for_missing_elements_in_named_tuple: 1,
  // Half of a surrogate pair in some attribute is kept as it was written.
  input_format_json_throw_on_bad_escape_sequence: 0,
}
/** A count or a removal concerns one block, but has to go through what else there is. */
const countSecondsMax = 60

/** The raw rows in ClickHouse, and with them the rollups. */
@Injectable()
export class RatedUsagesStore {
  constructor(@Inject(ClickHouse) readonly clickhouse: ClickHouse) {}

  /** Inserts lines of `rated-lines.ts` as one block; a token that was seen before drops them. */
  async insert(lines: Uint8Array, token: string | undefined): Promise<void> {
    await this.clickhouse.insert('usage_rated', lines, {
      ...(token === undefined ? {} : { token }),
      settings: { ...insertSettings, insert_deduplicate: token === undefined ? 0 : 1 },
    })
  }

  /** How many rows of a block are stored. */
  async count(block: Block): Promise<number> {
    const [row] = await this.clickhouse.query<{ rows: string }>(
      'select count() as rows from rated_usages where log_partition = {partition:UInt16} and block = {block:UUID}',
      { partition: block.partition, block: block.id },
      { secondsMax: countSecondsMax },
    )
    return Number(row?.rows ?? 0)
  }

  /** Takes the rows of a block out again, of the rollups too; resolves when they are gone. */
  async remove(block: Block): Promise<void> {
    await this.clickhouse.command(
      `alter table rated_usages delete where log_partition = {partition:UInt16} and block = {block:UUID} settings mutations_sync = 2`,
      { partition: block.partition, block: block.id },
    )
  }
}
