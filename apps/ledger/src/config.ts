import { defaultPorts, peerVariables, readConfig, serviceVariables } from '@portitor/service'
import { z } from 'zod'

const schema = z.object({
  ...serviceVariables(defaultPorts.ledger),
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
  BUS_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_024)
    .default(12)
    .describe('a number of partitions from 1 to 1024'),
  DATABASE_CONNECTIONS_MAX: z.coerce.number().int().min(2).max(100).default(10).describe('connections from 2 to 100'),
  /** How often ledger, rated log and analytics are compared by themselves. */
  LEDGER_RECONCILIATION_MINUTES: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_440)
    .default(15)
    .describe('minutes from 1 to 1440'),
})

export const readLedgerConfig = () => readConfig(schema)
