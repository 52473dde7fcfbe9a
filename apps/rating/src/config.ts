import { defaultPorts, peerVariables, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'
import { markupSchema } from './imports/import-provider-prices.job.ts'
import { webhookSecretSchema } from './price-updates/verify-webhook.ts'

/** What the environment says of the catalogue. */
export const catalogVariables = {
  /** What a start price is times its cost. */
  PORTITOR_MARKUP: markupSchema.default('1.30'),
  /** Whether a version is published only with an approval of somebody other than its author. */
  PORTITOR_FOUR_EYES: z
    .stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' })
    .default(false)
    .describe('true or false'),
  /** How often provider prices are imported as drafts; 0: never. */
  PORTITOR_PRICE_IMPORT_HOURS: z.coerce.number().int().min(0).max(8_760).default(24).describe('hours, 0 to 8760'),
  /** What price updates are signed with, beside the credential of their sender. Unset: they need no signature. */
  PORTITOR_PRICE_WEBHOOK_SECRET: webhookSecretSchema.optional(),
}
const catalogVariablesSchema = z.object(catalogVariables)

/** What the catalogue is told of it. */
export interface CatalogSettings {
  readonly markup: string
  readonly fourEyes: boolean
  /** 0: never. */
  readonly importHours: number
  readonly webhookSecret: string | undefined
}

export function catalogSettings(config: z.infer<typeof catalogVariablesSchema>): CatalogSettings {
  return {
    markup: config.PORTITOR_MARKUP,
    fourEyes: config.PORTITOR_FOUR_EYES,
    importHours: config.PORTITOR_PRICE_IMPORT_HOURS,
    webhookSecret: config.PORTITOR_PRICE_WEBHOOK_SECRET,
  }
}

const schema = z.object({
  ...serviceVariables(defaultPorts.rating),
  ...storeVariables(10),
  ...peerVariables,
  ...catalogVariables,
})

export const readRatingConfig = () => readConfig(schema)
