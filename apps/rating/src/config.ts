import { defaultPorts, peerVariables, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'
import { markupSchema } from './import-provider-prices.job.ts'

/** What the environment says of the catalogue. */
export const catalogVariables = {
  /** What a start price is times its cost. */
  PORTITOR_MARKUP: markupSchema.default('1.30'),
  /** Whether a version is published only with an approval of somebody other than its author. */
  PORTITOR_FOUR_EYES: z
    .stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' })
    .default(false)
    .describe('true or false'),
}
const catalogVariablesSchema = z.object(catalogVariables)

/** What the catalogue is told of it. */
export interface CatalogSettings {
  readonly markup: string
  readonly fourEyes: boolean
}

export function catalogSettings(config: z.infer<typeof catalogVariablesSchema>): CatalogSettings {
  return { markup: config.PORTITOR_MARKUP, fourEyes: config.PORTITOR_FOUR_EYES }
}

const schema = z.object({
  ...serviceVariables(defaultPorts.rating),
  ...storeVariables(10),
  ...peerVariables,
  ...catalogVariables,
})

export const readRatingConfig = () => readConfig(schema)
