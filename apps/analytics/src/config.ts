import { defaultPorts, peerVariables, readConfig, serviceVariables, storeVariables } from '@portitor/service'
import { z } from 'zod'

const schema = z.object({
  ...serviceVariables(defaultPorts.analytics),
  ...storeVariables(10),
  ...peerVariables,
  /** Unset: the engine in this process, which is then the only analytics there may be. */
  CLICKHOUSE_URL: z
    .url({ protocol: /^https?$/ })
    .describe('an http:// or https:// address with the database as its path, http://user:secret@host:8123/portitor')
    .optional(),
  /** Below it the engine in this process keeps its data, in `clickhouse`. */
  PORTITOR_DATA_DIR: z.string().default('.portitor').describe('a directory'),
})

export const readAnalyticsConfig = () => readConfig(schema)
