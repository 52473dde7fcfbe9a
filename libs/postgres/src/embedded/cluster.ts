import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Binaries } from './binaries.ts'
import { runAs, type ServerUser } from './server-user.ts'

/** Whom the services connect as: owner of the database and of nothing else, no superuser (whom row-level security would not hold). */
const owner = 'portitor'
const superuser = 'postgres'

/**
 * The cluster's folder in `home` and its password, both made on the first start: locale C, UTF-8, data checksums,
 * scram for every connection. The password is random, in a file of mode 0600 in the data directory, and never logged.
 * Killed at any point, the next call begins anew or finds it whole.
 */
export async function ensureCluster(options: {
  dataDir: string
  home: string
  binaries: Binaries
  user: ServerUser
  log(line: string): void
}): Promise<{ cluster: string; password: string }> {
  const { dataDir, home, binaries, user } = options
  const cluster = join(home, 'postgres')
  const passwordFile = join(dataDir, 'postgres.password')
  const unfinished = join(home, 'postgres.unfinished')
  const version = await textOf(join(cluster, 'PG_VERSION'))
  const known = await textOf(passwordFile)
  if (version !== undefined) {
    if (version !== binaries.major)
      throw new Error(
        `the database in ${cluster} was made by PostgreSQL ${version}, this is ${binaries.major}: dump it with ` +
          'the release that made it and load the dump into a new PORTITOR_DATA_DIR',
      )
    if (known === undefined)
      throw new Error(`${passwordFile} is missing: restore it, or remove ${cluster} to begin with an empty database`)
    return { cluster, password: known }
  }
  if (known !== undefined && !(await exists(unfinished)))
    throw new Error(`the database is gone from ${cluster}: restore it, or remove ${dataDir} to begin anew`)

  options.log('creating the embedded PostgreSQL database')
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  const password = randomBytes(32).toString('base64url')
  const handedOver = join(home, 'postgres.initdb-password')
  await writeFile(handedOver, `${password}\n`, { mode: 0o600 })
  try {
    for (const path of user.ids === undefined ? [] : [unfinished, handedOver])
      await chown(path, user.ids!.uid, user.ids!.gid)
    const args = ['--encoding=UTF8', '--no-locale', '--auth=scram-sha-256', `--username=${superuser}`]
    await runAs(user, binaries.initdb, [...args, `--pwfile=${handedOver}`, `--pgdata=${unfinished}`])
  } catch (error) {
    throw new Error(`the embedded PostgreSQL could not be created in ${cluster}: ${(error as Error).message}`, {
      cause: error,
    })
  } finally {
    await rm(handedOver, { force: true })
  }
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flush: true })
  await rename(unfinished, cluster)
  return { cluster, password }
}

/** The role and the database that the services use; does nothing where both exist. Returns the services' URL. */
export async function ensureDatabase(port: number, password: string): Promise<string> {
  const url = (user: string, database: string) => `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
  const client = new pg.Client({ connectionString: url(superuser, 'postgres') })
  await client.connect()
  try {
    const { rowCount: roles } = await client.query('select from pg_roles where rolname = $1', [owner])
    if (roles === 0)
      await client.query(`create role ${owner} login createrole password ${client.escapeLiteral(password)}`)
    const { rowCount: databases } = await client.query('select from pg_database where datname = $1', [owner])
    if (databases === 0) await client.query(`create database ${owner} owner ${owner}`)
  } finally {
    await client.end()
  }
  return url(owner, owner)
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
