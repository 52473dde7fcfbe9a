import type { Database } from '@portitor/postgres'
import { ALL_PARTITIONS, type Bus, type Subscription } from './bus.ts'
import type { ExactlyOnceOptions } from './exactly-once-options.ts'
import { ExactlyOnceWorker } from './exactly-once-worker.ts'
import { readPositions } from './positions.ts'

export interface ExactlyOnceSubscription extends Subscription {
  /** Why work has stopped somewhere, for the health check; undefined while all is well. */
  readonly trouble: () => string | undefined
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
  const worker = new ExactlyOnceWorker(bus, database, options)
  const troubles = new Map<number, string>()
  const subscription = await bus.consume({
    consumer: options.consumer,
    topic: options.topic,
    partitionsAtOnceMax: options.partitionsAtOnceMax ?? 2,
    async position(partition) {
      const positions = await readPositions(database, options.consumer, options.topic)
      return positions.find((position) => position.partition === partition)?.nextOffset
    },
    async handle(batch) {
      const next = await worker.handle(batch)
      troubles.delete(batch.partition)
      troubles.delete(ALL_PARTITIONS)
      return next
    },
    failed(partition, error) {
      troubles.set(partition, error.message)
      alarm(`${options.consumer} retries ${options.topic.name}/${partition}: ${error.message}`)
    },
    halted(partition, reason) {
      troubles.set(partition, reason)
      alarm(`${options.consumer} stopped at ${options.topic.name}/${partition}: ${reason}`)
    },
  })
  return {
    close: () => subscription.close(),
    trouble() {
      const lines = [...troubles].map(([partition, reason]) => `${options.topic.name}/${partition}: ${reason}`)
      return lines.length === 0 ? undefined : lines.join('; ')
    },
  }
}
