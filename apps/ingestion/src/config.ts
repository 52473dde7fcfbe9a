import { defaultPorts, peerVariables, readConfig, serviceVariables } from '@portitor/service'
import { z } from 'zod'

const schema = z.object({
  ...serviceVariables(defaultPorts.ingestion),
  ...peerVariables,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('a postgres:// address'),
  /** Unset: the log in the same database, which all services then have to share. */
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,]+:\d+(,[^\s,]+:\d+)*$/)
    .describe('host:port, several separated by commas')
    .transform((text) => text.split(','))
    .optional(),
  /** Partitions of every topic: the same for all services, and not to be changed once there is data. */
  PORTITOR_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_024)
    .default(12)
    .describe('a number of partitions from 1 to 1024'),
  DATABASE_CONNECTIONS_MAX: z.coerce.number().int().min(2).max(100).default(5).describe('connections from 2 to 100'),
  /** Accepted events that are remembered to answer repeats; about 400 bytes each. */
  INGESTION_RECENT_EVENTS_MAX: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(10_000_000)
    .default(100_000)
    .describe('a number of events from 1000 to 10000000'),
})

export const readIngestionConfig = () => readConfig(schema)
