import type { Topic } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import type { Sequences } from './sequences.ts'

export interface Position {
  readonly partition: number
  readonly nextOffset: bigint
  readonly sequences: Sequences
}

interface PositionRow extends Record<string, unknown> {
  partition: number
  next_offset: bigint
  sequences: Record<string, string>
}

/** Where a consumer stands in every partition it has ever read. */
export async function readPositions(tx: Queryable, consumer: string, topic: Topic): Promise<Position[]> {
  const { rows } = await tx.query<PositionRow>(
    'select partition, next_offset, sequences from bus.positions where consumer = $1 and topic = $2 order by partition',
    [consumer, topic.name],
  )
  return rows.map(toPosition)
}

/** Reads one position and keeps it locked until the transaction ends; creates it at `asked` where there is none yet. */
export async function lockPosition(
  tx: Queryable,
  at: { consumer: string; topic: string; partition: number; asked: bigint },
): Promise<Position> {
  const select = () =>
    tx.query<PositionRow>({
      name: 'bus.lock_position',
      text: `select partition, next_offset, sequences from bus.positions
             where consumer = $1 and topic = $2 and partition = $3 for no key update`,
      values: [at.consumer, at.topic, at.partition],
    })
  let { rows } = await select()
  if (rows.length === 0) {
    await tx.query(
      `insert into bus.positions (consumer, topic, partition, next_offset) values ($1, $2, $3, $4) on conflict do nothing`,
      [at.consumer, at.topic, at.partition, at.asked],
    )
    ;({ rows } = await select())
  }
  return toPosition(rows[0]!)
}

/** Moves a locked position on. */
export async function storePosition(
  tx: Queryable,
  at: { consumer: string; topic: string; partition: number; next: bigint; sequences: Sequences },
): Promise<void> {
  const sequences = Object.fromEntries(Object.entries(at.sequences).map(([producer, last]) => [producer, String(last)]))
  await tx.query({
    name: 'bus.store_position',
    text: `update bus.positions set next_offset = $4, sequences = $5, updated_at = now()
           where consumer = $1 and topic = $2 and partition = $3`,
    values: [at.consumer, at.topic, at.partition, at.next, JSON.stringify(sequences)],
  })
}

function toPosition(row: PositionRow): Position {
  return {
    partition: row.partition,
    nextOffset: row.next_offset,
    sequences: Object.fromEntries(Object.entries(row.sequences).map(([producer, last]) => [producer, BigInt(last)])),
  }
}
