import { defaultPorts, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'

/** The pool of the log; the entities have a few connections of their own. */
const connectionsDefault = 6

const schema = z.object({
  ...serviceVariables(defaultPorts.auth),
  ...storeVariables(connectionsDefault),
  /** The same for all processes and ever after: keys are stored as hashes made with it (I-3). */
  PORTITOR_KEY_PEPPER: z.string().min(32).describe('a secret of at least 32 characters'),
})

export const readAuthConfig = () => readConfig(schema)
