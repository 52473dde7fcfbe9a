import { defaultPorts, peerVariables, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'
import { markupSchema } from './import-provider-prices.job.ts'

const schema = z.object({
  ...serviceVariables(defaultPorts.rating),
  ...storeVariables(10),
  ...peerVariables,
  /** What a start price is times its cost. */
  PORTITOR_MARKUP: markupSchema.default('1.30'),
})

export const readRatingConfig = () => readConfig(schema)
