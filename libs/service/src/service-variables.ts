import { z } from 'zod'
import { logLevels } from './log.ts'
import type { PeerUrls } from './peers.ts'

export const portSchema = z.coerce.number().int().min(0).max(65_535).describe('a port between 0 and 65535')
export const operatorKeySchema = z.string().min(32).describe('a secret of at least 32 characters')
const peerUrlSchema = z.url({ protocol: /^https?$/ }).describe('an http:// or https:// address')

/** The ports services listen on unless told otherwise, so that all of them start on one machine. */
export const defaultPorts = {
  auth: 4001,
  ingestion: 4002,
  rating: 4003,
  ledger: 4004,
  analytics: 4005,
  invoicing: 4006,
} as const

/** The variables every service has; spread them into the schema given to `readConfig`. */
export const serviceVariables = (portDefault: number) => ({
  PORT: portSchema.default(portDefault),
  /** Loopback unless said: nothing is reachable from outside by accident. */
  HOST: z.string().default('127.0.0.1').describe('an address of this machine to listen on'),
  PORTITOR_OPERATOR_KEY: operatorKeySchema,
  LOG_LEVEL: z
    .enum(logLevels)
    .default('info')
    .describe(`one of ${logLevels.join(', ')}`),
})

/** Addresses of the other services where they are processes of their own. */
export const peerVariables = {
  AUTH_URL: peerUrlSchema.optional(),
  INGESTION_URL: peerUrlSchema.optional(),
  RATING_URL: peerUrlSchema.optional(),
  LEDGER_URL: peerUrlSchema.optional(),
  ANALYTICS_URL: peerUrlSchema.optional(),
  INVOICING_URL: peerUrlSchema.optional(),
}

/** The addresses among a configuration, as `bootService` takes them. */
export function peerUrls(config: { readonly [Name in keyof typeof peerVariables]?: string | undefined }): PeerUrls {
  const urls = {
    auth: config.AUTH_URL,
    ingestion: config.INGESTION_URL,
    rating: config.RATING_URL,
    ledger: config.LEDGER_URL,
    analytics: config.ANALYTICS_URL,
    invoicing: config.INVOICING_URL,
  }
  return Object.fromEntries(Object.entries(urls).filter(([, url]) => url !== undefined))
}
