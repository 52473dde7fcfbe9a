import { defaultPorts, peerVariables, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'

const schema = z.object({
  ...serviceVariables(defaultPorts.ingestion),
  ...storeVariables(5),
  ...peerVariables,
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
