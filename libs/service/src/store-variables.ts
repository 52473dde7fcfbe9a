import { z } from 'zod'

const urlOf = (...protocols: string[]) => z.url({ protocol: new RegExp(`^(${protocols.join('|')})$`) })

/** Where the backing services of a service are (O-2); spread them into the schema given to `readConfig`. */
export const storeVariables = (connectionsDefault: number) => ({
  DATABASE_URL: urlOf('postgres', 'postgresql').describe('a postgres:// address'),
  /** Unset: the log lies in the same database, which all services then have to share. */
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,]+:\d+(,[^\s,]+:\d+)*$/)
    .transform((text) => text.split(','))
    .describe('host:port, several separated by commas')
    .optional(),
  /** Partitions of every topic: the same for all services, and not to be changed once there is data. */
  PORTITOR_PARTITIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_024)
    .default(8)
    .describe('a number of partitions from 1 to 1024'),
  DATABASE_CONNECTIONS_MAX: z.coerce
    .number()
    .int()
    .min(2)
    .max(100)
    .default(connectionsDefault)
    .describe('a number of connections from 2 to 100'),
})
