import type { Database, Queryable } from '@portitor/postgres'
import type { Bus, LogRecord, OutgoingMessage, PartitionBatch } from './bus.ts'
import type { ExactlyOnceOptions } from './exactly-once-options.ts'
import { type Chunk, cutChunk } from './cut-chunk.ts'
import { isolatePoison } from './isolate-poison.ts'
import { lockPosition, storePosition } from './positions.ts'
import { isRetriable } from './retriable.ts'

const ITEMS_MAX = 1_000

interface Outcome {
  readonly status: 'committed' | 'lost' | 'gap'
  /** Where to read on from. */
  readonly next: bigint
}

/** Handles the batches of one consumer: each chunk of a batch is one transaction. */
export class ExactlyOnceWorker<Item> {
  readonly #bus: Bus
  readonly #database: Database
  readonly #options: ExactlyOnceOptions<Item>

  constructor(bus: Bus, database: Database, options: ExactlyOnceOptions<Item>) {
    this.#bus = bus
    this.#database = database
    this.#options = options
  }

  async handle(batch: PartitionBatch): Promise<bigint | 'halt'> {
    let asked = batch.askedOffset
    for (;;) {
      const from = asked
      const rest = batch.records.filter((record) => record.offset >= from)
      const outcome = await this.#commit(batch, asked, rest)
      if (outcome.status === 'gap') return 'halt'
      if (outcome.status === 'committed') this.#bus.committed()
      if (outcome.status === 'lost' || outcome.next > batch.lastOffset) return outcome.next
      asked = outcome.next
    }
  }

  /** Tries the chunk as a whole; where that fails on its data, once more with the poison isolated. */
  async #commit(batch: PartitionBatch, asked: bigint, records: readonly LogRecord[]): Promise<Outcome> {
    try {
      return await this.#database.transaction((tx) => this.#work(tx, batch, asked, records, false))
    } catch (error) {
      if (isRetriable(error)) throw error
      return this.#database.transaction((tx) => this.#work(tx, batch, asked, records, true))
    }
  }

  async #work(
    tx: Queryable,
    batch: PartitionBatch,
    asked: bigint,
    records: readonly LogRecord[],
    isolate: boolean,
  ): Promise<Outcome> {
    const { consumer, topic, decode, itemsPerBatchMax: itemsMax = ITEMS_MAX } = this.#options
    const at = { consumer, topic: topic.name, partition: batch.partition, asked }
    const position = await lockPosition(tx, at)
    // The fence: another worker was here since this fetch. Nothing of it is written; read again from where it stands.
    if (position.nextOffset !== asked) return { status: 'lost', next: position.nextOffset }
    const before = position.sequences
    const chunk = cutChunk(records, { before, lastOffset: batch.lastOffset, itemsMax, decode })
    if (chunk.gap && chunk.next <= asked) return { status: 'gap', next: asked }
    const outgoing = await this.#handle(tx, batch.partition, chunk, isolate)
    await storePosition(tx, { ...at, next: chunk.next, sequences: chunk.sequences })
    const published = await this.#bus.publish(tx, outgoing)
    await this.#options.published?.(tx, published)
    return { status: 'committed', next: chunk.next }
  }

  async #handle(tx: Queryable, partition: number, chunk: Chunk<Item>, isolate: boolean): Promise<OutgoingMessage[]> {
    const { topic, handle, deadLetter } = this.#options
    const outgoing: OutgoingMessage[] = []
    for (const failed of chunk.undecodable) outgoing.push(await deadLetter(tx, failed))
    if (chunk.entries.length === 0) return outgoing
    const work = (entries: Chunk<Item>['entries']) =>
      handle(
        tx,
        entries.map((entry) => entry.item),
        { topic: topic.name, partition },
      )
    const sent = isolate
      ? await isolatePoison(tx, chunk.entries, work, (entry, error) => deadLetter(tx, { ...entry, error }))
      : await work(chunk.entries)
    return outgoing.concat(sent)
  }
}
