import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { Bus, type OutgoingMessage, type Sequences } from '@portitor/bus'
import { usageRatedTopic } from '@portitor/contracts'
import { Database, type Queryable } from '@portitor/postgres'
import type { Block } from './cut-block.ts'
import { PartitionLocks } from './partition-locks.ts'

export const CONSUMER = 'analytics'

/** Where analytics stands in a partition. */
export interface Standing {
  readonly nextOffset: bigint
  readonly sequences: Sequences
  /** The border of a block that was on its way when its writer stopped: from `nextOffset` to here. */
  readonly open: { readonly id: string; readonly lastOffset: bigint } | undefined
}

export type Advance = Pick<Block, 'partition' | 'firstOffset' | 'lastOffset' | 'sequences'> & { readonly id?: string }

/** A dead letter of a block, named by the partition that the block is of. */
export interface Letter {
  readonly partition: number
  readonly message: OutgoingMessage
}

/**
 * Positions and borders. The position is the bus's own row, so that retention and lag see analytics like any consumer;
 * each statement holds only where the position is what its caller believes it to be.
 */
@Injectable()
export class BlocksStore implements OnApplicationShutdown {
  readonly #locks: PartitionLocks

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Bus) private readonly bus: Bus,
  ) {
    this.#locks = new PartitionLocks(database)
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#locks.close()
  }

  /** Whatever writes or settles blocks of these partitions does so in here: one worker at a time, and never beside a living one. */
  hold<Result>(partitions: readonly number[], work: () => Promise<Result>): Promise<Result> {
    return this.#locks.hold(partitions, work)
  }

  async standing(partition: number): Promise<Standing | undefined> {
    const { rows } = await this.database.query<{
      next_offset: bigint
      sequences: Record<string, string>
      id: string | null
      last_offset: bigint | null
    }>(
      `select p.next_offset, p.sequences, b.id, b.last_offset
       from bus.positions p left join analytics.blocks b on b.topic = p.topic and b.partition = p.partition
       where p.consumer = $1 and p.topic = $2 and p.partition = $3`,
      [CONSUMER, usageRatedTopic.name, partition],
    )
    const [row] = rows
    if (row === undefined) return undefined
    const sequences = Object.entries(row.sequences).map(([producer, last]) => [producer, BigInt(last)] as const)
    const open = row.id === null || row.last_offset === null ? undefined : { id: row.id, lastOffset: row.last_offset }
    return { nextOffset: row.next_offset, sequences: Object.fromEntries(sequences), open }
  }

  /** Begins a partition that was never read, at the oldest record there is. */
  async begin(partition: number, offset: bigint): Promise<void> {
    await this.database.query(
      `insert into bus.positions (consumer, topic, partition, next_offset) values ($1, $2, $3, $4) on conflict do nothing`,
      [CONSUMER, usageRatedTopic.name, partition, offset],
    )
  }

  /**
   * Writes down the borders of blocks, before anything of them is inserted. Answers the partitions whose position was
   * where their block begins, with no other block open; of the rest nothing may be inserted.
   */
  async open(blocks: readonly Block[]): Promise<Set<number>> {
    const { rows } = await this.database.query<{ partition: number }>(
      `with held as (
         select p.partition from bus.positions p
         join unnest($3::int[], $4::bigint[]) b(partition, first_offset)
           on p.partition = b.partition and p.next_offset = b.first_offset
         where p.consumer = $1 and p.topic = $2
         order by p.partition for no key update of p
       )
       insert into analytics.blocks (topic, partition, id, first_offset, last_offset)
       select $2, b.* from held join unnest($3::int[], $5::uuid[], $4::bigint[], $6::bigint[]) b(partition, id, first_offset, last_offset)
         using (partition)
       on conflict do nothing returning partition`,
      [
        CONSUMER,
        usageRatedTopic.name,
        blocks.map((block) => block.partition),
        blocks.map((block) => block.firstOffset),
        blocks.map((block) => block.id),
        blocks.map((block) => block.lastOffset),
      ],
    )
    return new Set(rows.map((row) => row.partition))
  }

  /**
   * Moves the positions behind stored blocks (or, without an id, behind records that held nothing new), and removes their
   * borders; dead letters are published in the same commit. Answers the partitions that were still where they should be.
   */
  async advance(steps: readonly Advance[], letters: readonly Letter[] = []): Promise<Set<number>> {
    if (letters.length === 0) return this.move(this.database, steps)
    const moved = await this.database.transaction(async (tx) => {
      const partitions = await this.move(tx, steps)
      // A lost fence means that another worker has stored the block, and published its letters.
      const held = letters.filter((letter) => partitions.has(letter.partition))
      await this.bus.publish(
        tx,
        held.map((letter) => letter.message),
      )
      return partitions
    })
    this.bus.committed()
    return moved
  }

  private async move(tx: Queryable, steps: readonly Advance[]): Promise<Set<number>> {
    const { rows } = await tx.query<{ partition: number }>(
      `with steps as (
         select * from unnest($3::int[], $4::bigint[], $5::bigint[], $6::text[], $7::uuid[])
           s(partition, first_offset, next_offset, sequences, id)
       ), moved as (
         update bus.positions p set next_offset = s.next_offset, sequences = s.sequences::jsonb, updated_at = now()
         from steps s
         where p.consumer = $1 and p.topic = $2 and p.partition = s.partition and p.next_offset = s.first_offset
         returning p.partition
       ), closed as (
         delete from analytics.blocks b using moved join steps s using (partition)
         where b.topic = $2 and b.partition = moved.partition and b.id = s.id
       )
       select partition from moved`,
      [
        CONSUMER,
        usageRatedTopic.name,
        steps.map((step) => step.partition),
        steps.map((step) => step.firstOffset),
        steps.map((step) => step.lastOffset + 1n),
        steps.map((step) => textOf(step.sequences)),
        steps.map((step) => step.id ?? null),
      ],
    )
    return new Set(rows.map((row) => row.partition))
  }
}

function textOf(sequences: Sequences): string {
  return JSON.stringify(sequences, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}
