import { defaultPorts, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'
import { signingKeysSchema } from './tokens/signing-keys.ts'
import { trustedIssuersSchema } from './introspection/trusted-issuers.ts'

/** The pool of the log; the entities have a few connections of their own. */
const connectionsDefault = 6

/** What `auth` knows credentials by; the same for all of its processes (I-3). */
export const authVariables = {
  /** Keys are kept as hashes with it: whoever changes it makes every key unknown. */
  PORTITOR_KEY_PEPPER: z.string().min(32).describe('a secret of at least 32 characters'),
  /** Unset: no tokens are issued. */
  PORTITOR_JWT_KEYS: signingKeysSchema.optional(),
  PORTITOR_ISSUER: z.string().min(1).max(512).default('portitor').describe('the issuer named in tokens'),
  PORTITOR_AUDIENCE: z.string().min(1).max(512).default('portitor').describe('the audience named in tokens'),
  PORTITOR_TRUSTED_ISSUERS: trustedIssuersSchema.optional(),
}

/** These variables as the module takes them. */
export function identitySettings(config: z.infer<z.ZodObject<typeof authVariables>>) {
  return {
    pepper: config.PORTITOR_KEY_PEPPER,
    tokens: {
      issuer: config.PORTITOR_ISSUER,
      audience: config.PORTITOR_AUDIENCE,
      keys: config.PORTITOR_JWT_KEYS ?? [],
    },
    trustedIssuers: config.PORTITOR_TRUSTED_ISSUERS ?? [],
  }
}

const schema = z.object({
  ...serviceVariables(defaultPorts.auth),
  ...storeVariables(connectionsDefault),
  ...authVariables,
})

export const readAuthConfig = () => readConfig(schema)
