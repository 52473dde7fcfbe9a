import { defaultPorts, peerVariables, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'

export const invoicingVariables = {
  /** How long a change of a subscription takes to reach everybody: it takes effect no sooner, or is rated again. */
  PORTITOR_SUBSCRIPTION_LEAD_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(5_000)
    .describe('milliseconds from 0 to 600000'),
}

const schema = z.object({
  ...serviceVariables(defaultPorts.invoicing),
  ...storeVariables(6),
  ...peerVariables,
  ...invoicingVariables,
})

export const readInvoicingConfig = () => readConfig(schema)
