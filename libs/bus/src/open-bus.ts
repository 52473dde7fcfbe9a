import type { Database } from '@portitor/postgres'
import type { Bus } from './bus.ts'
import { EmbeddedBus } from './embedded/embedded-bus.ts'
import { KafkaBus } from './kafka/kafka-bus.ts'

/** The log by its address (O-2): Kafka where brokers are given, else the tables of the database that all services then share. Starts it. */
export async function openBus(
  database: Database,
  options: {
    brokers: readonly string[] | undefined
    service: string
    partitions: number
    log?: (text: string) => void
  },
): Promise<Bus> {
  const { brokers, service, partitions, log } = options
  const bus =
    brokers === undefined
      ? new EmbeddedBus(database, { partitions })
      : new KafkaBus(database, { brokers, service, partitions, ...(log === undefined ? {} : { log }) })
  await bus.start()
  return bus
}
