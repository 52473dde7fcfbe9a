import pg from 'pg'

const versionMin = 15
const connectMsMax = 10_000

/** Connects once, so that a wrong DATABASE_URL is named as such. Throws with the address without its password. */
export async function checkDatabase(url: string): Promise<void> {
  const { host, pathname } = new URL(url)
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectMsMax })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string }>(`select current_setting('server_version_num') as version`)
    const major = Math.floor(Number(rows[0]!.version) / 10_000)
    if (major < versionMin) throw new Error(`it is PostgreSQL ${major}`)
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    throw new Error(
      `DATABASE_URL was ${host}${pathname}, which is of no use (${message || code}): expected a PostgreSQL ${versionMin} ` +
        'or newer that takes connections; unset it for the embedded one',
      { cause: error },
    )
  } finally {
    await client.end().catch(() => undefined)
  }
}
