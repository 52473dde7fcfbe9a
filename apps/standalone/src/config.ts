import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { authVariables } from '@portitor/auth'
import { invoicingVariables } from '@portitor/invoicing'
import { catalogVariables } from '@portitor/rating'
import { operatorKeySchema, portSchema, readConfig, logLevels, storeVariables } from '@portitor/service'
import { z } from 'zod'

/** All services share one pool, and each consumer works on several partitions at once. */
const connectionsDefault = 40

/** Every backing service is chosen by its address: unset = embedded (O-2). */
const variables = z.object({
  PORT: portSchema.default(8787),
  /** Loopback unless said: nothing is reachable from outside by accident. */
  HOST: z.string().default('127.0.0.1').describe('an address of this machine to listen on'),
  PORTITOR_DATA_DIR: z
    .string()
    .default('.portitor')
    .transform((path) => resolve(path)),
  PORTITOR_OPERATOR_KEY: operatorKeySchema.optional(),
  ...storeVariables(connectionsDefault),
  ...authVariables,
  ...invoicingVariables,
  /** Made at the first start where it is not set, as are the keys that sign tokens. */
  PORTITOR_KEY_PEPPER: authVariables.PORTITOR_KEY_PEPPER.optional(),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('a postgres:// address, or nothing for the embedded PostgreSQL')
    .optional(),
  CLICKHOUSE_URL: z
    .url({ protocol: /^https?$/ })
    .describe('an http:// or https:// address, or nothing for the embedded ClickHouse')
    .optional(),
  ...catalogVariables,
  LOG_LEVEL: z
    .enum(logLevels)
    .default('warn')
    .describe(`one of ${logLevels.join(', ')}`),
})

export type StandaloneConfig = z.infer<typeof variables>

/** Throws ConfigError with every variable that is not usable, what it was and what is expected. */
export function readStandaloneConfig(env?: NodeJS.ProcessEnv): StandaloneConfig {
  return readConfig(variables, env)
}

export interface Flags {
  /** End after the demo instead of staying up. */
  readonly once: boolean
  /** Nothing on stdout but the summary, as JSON. */
  readonly json: boolean
  readonly demo: boolean
}

/** The options of `npm start`, which tools/start.mjs explains. Throws on any other. */
export function readFlags(args: readonly string[]): Flags {
  const flag = { type: 'boolean', default: false } as const
  const options = { once: flag, json: flag, 'no-demo': flag }
  const { values } = parseArgs({ args: [...args], options, strict: true })
  return { once: values.once, json: values.json, demo: !values['no-demo'] }
}
