import { defaultPorts, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'

/** The pool of the log; the entities have a few connections of their own. */
const connectionsDefault = 6

const schema = z.object({
  ...serviceVariables(defaultPorts.auth),
  ...storeVariables(connectionsDefault),
})

export const readAuthConfig = () => readConfig(schema)
