import type { Topic } from '@portitor/contracts'
import type { Database, Queryable } from '@portitor/postgres'
import type { Bus, LogRecord, OutgoingMessage, PartitionBatch, Published, Subscription } from './bus.ts'
import { isolatePoison } from './isolate-poison.ts'
import { lockPosition, readPositions, storePosition } from './positions.ts'
import { acceptSequence, type Sequences } from './sequences.ts'
import { isRetriable } from './retriable.ts'

export interface FailedItem<Item> {
  readonly record: LogRecord
  /** Which item of the record failed; undefined where the record could not be decoded at all. */
  readonly item: Item | undefined
  readonly error: Error
}

export interface ExactlyOnceOptions<Item> {
  readonly consumer: string
  readonly topic: Topic
  readonly itemsPerBatchMax?: number
  readonly partitionsAtOnceMax?: number
  /** Turns a record into its items; throwing hands the whole record to `deadLetter`. */
  decode(record: LogRecord): Item[]
  /** Does the work of a batch in `tx` and returns the messages that are to be published in the same commit. */
  handle(tx: Queryable, items: Item[], batch: BatchInfo): Promise<OutgoingMessage[]>
  /** Makes the dead letter of what cannot be processed however often it is tried; may note it through `tx`. */
  deadLetter(tx: Queryable, failed: FailedItem<Item>): OutgoingMessage | Promise<OutgoingMessage>
  /** Told, still inside of the transaction, which numbers the published messages got. */
  published?(tx: Queryable, published: readonly Published[]): Promise<void>
  /** Told of every alarm: a failing batch that is retried, a partition that stopped. Default: standard error. */
  alarm?(text: string): void
}

export interface BatchInfo {
  readonly topic: string
  readonly partition: number
}

export interface ExactlyOnceSubscription extends Subscription {
  /** Why work has stopped somewhere, for the health check; undefined while all is well. */
  readonly trouble: () => string | undefined
}

/** A chunk of one partition: what is committed together. */
interface Chunk<Item> {
  readonly entries: readonly { record: LogRecord; item: Item }[]
  readonly undecodable: readonly FailedItem<Item>[]
  readonly next: bigint
  readonly sequences: Sequences
  readonly gap: boolean
}

/**
 * Calls `handle` once in effect for every item of `topic`: the position is fenced, a relay's resends are dropped, and the
 * handler's rows, its outgoing messages and the new position are one commit (L-4, R-1). Whatever the log's client does
 * after a crash or a rebalance costs a repeated read and never a repeated effect.
 */
export async function consumeExactlyOnce<Item>(
  bus: Bus,
  database: Database,
  options: ExactlyOnceOptions<Item>,
): Promise<ExactlyOnceSubscription> {
  const alarm = options.alarm ?? ((text: string) => console.error(text))
  const halts = new Map<number, string>()
  const failures = new Map<number, string>()
  const itemsMax = options.itemsPerBatchMax ?? 1_000

  async function handle(batch: PartitionBatch): Promise<bigint | 'halt'> {
    let asked = batch.askedOffset
    let rest = batch.records
    for (;;) {
      const outcome = await commitChunk(batch, asked, rest)
      failures.delete(batch.partition)
      if (outcome.lost || outcome.gap) return outcome.gap ? 'halt' : outcome.next
      bus.committed()
      if (outcome.next > batch.lastOffset) return outcome.next
      asked = outcome.next
      rest = rest.filter((record) => record.offset >= asked)
    }
  }

  async function commitChunk(batch: PartitionBatch, asked: bigint, records: readonly LogRecord[]) {
    const at = { consumer: options.consumer, topic: options.topic.name, partition: batch.partition, asked }
    const run = (isolate: boolean) =>
      database.transaction(async (tx) => {
        const position = await lockPosition(tx, at)
        // The fence: another worker was here since this fetch. Nothing of it is written; read again from where it stands.
        if (position.nextOffset !== asked) return { lost: true, gap: false, next: position.nextOffset }
        const chunk = cut(records, position.sequences, batch.lastOffset)
        if (chunk.gap && chunk.next <= asked) return { lost: false, gap: true, next: asked }
        const outgoing: OutgoingMessage[] = []
        for (const failed of chunk.undecodable) outgoing.push(await options.deadLetter(tx, failed))
        const work = (entries: Chunk<Item>['entries']) =>
          options.handle(
            tx,
            entries.map((entry) => entry.item),
            { topic: at.topic, partition: at.partition },
          )
        if (chunk.entries.length > 0) {
          const sent = isolate
            ? await isolatePoison(tx, chunk.entries, work, (entry, error) =>
                options.deadLetter(tx, { ...entry, error }),
              )
            : await work(chunk.entries)
          for (const message of sent) outgoing.push(message)
        }
        await storePosition(tx, { ...at, next: chunk.next, sequences: chunk.sequences })
        const published = await bus.publish(tx, outgoing)
        await options.published?.(tx, published)
        return { lost: false, gap: false, next: chunk.next }
      })
    try {
      return await run(false)
    } catch (error) {
      if (isRetriable(error)) throw error
      return run(true)
    }
  }

  /** Takes records until the batch is full, the records end, or a gap in a producer's numbering forbids going on. */
  function cut(records: readonly LogRecord[], before: Sequences, lastOffset: bigint): Chunk<Item> {
    const sequences = { ...before }
    const entries: { record: LogRecord; item: Item }[] = []
    const undecodable: FailedItem<Item>[] = []
    for (const record of records) {
      if (entries.length >= itemsMax) return { entries, undecodable, next: record.offset, sequences, gap: false }
      const verdict = acceptSequence(sequences, record)
      if (verdict === 'gap') return { entries, undecodable, next: record.offset, sequences, gap: true }
      if (verdict === 'drop') continue
      try {
        for (const item of options.decode(record)) entries.push({ record, item })
      } catch (error) {
        undecodable.push({ record, item: undefined, error: error as Error })
      }
    }
    return { entries, undecodable, next: lastOffset + 1n, sequences, gap: false }
  }

  const subscription = await bus.consume({
    consumer: options.consumer,
    topic: options.topic,
    partitionsAtOnceMax: options.partitionsAtOnceMax ?? 2,
    position: async (partition) => {
      const positions = await readPositions(database, options.consumer, options.topic)
      return positions.find((position) => position.partition === partition)?.nextOffset
    },
    handle,
    failed(partition, error) {
      failures.set(partition, error.message)
      alarm(`${options.consumer} retries ${options.topic.name}/${partition}: ${error.message}`)
    },
    halted(partition, reason) {
      halts.set(partition, reason)
      alarm(`${options.consumer} stopped at ${options.topic.name}/${partition}: ${reason}`)
    },
  })
  return {
    close: () => subscription.close(),
    trouble() {
      const lines = [...halts, ...failures].map(
        ([partition, reason]) => `${options.topic.name}/${partition}: ${reason}`,
      )
      return lines.length === 0 ? undefined : lines.join('; ')
    },
  }
}
