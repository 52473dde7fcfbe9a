import { defaultPorts, peerVariables, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'

const schema = z.object({
  ...serviceVariables(defaultPorts.ledger),
  ...storeVariables(10),
  ...peerVariables,
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
