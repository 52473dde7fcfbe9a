import type { ClickHouse } from './clickhouse.ts'
import { openEmbedded } from './embedded.ts'
import { openHttp } from './http.ts'

export type ClickHouseAddress = { readonly url: string } | { readonly dataDir: string; readonly lockWaitMsMax?: number }

/** Opens a server by its URL, or the engine in this process by its data directory. */
export async function openClickHouse(address: ClickHouseAddress): Promise<ClickHouse> {
  return 'url' in address ? openHttp(address.url) : openEmbedded(address.dataDir, address.lockWaitMsMax)
}
