import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { runAs, type ServerUser } from './server-user.ts'

/** Folders that outlive a restart of the machine, for a server whose user cannot reach the data directory. */
const durablePlaces = ['/var/lib/portitor', '/var/tmp/portitor']

/**
 * The folder that holds the cluster (and a copy of the binaries, where one is needed): the data directory itself, unless
 * the server's user cannot reach that, which happens to root below a folder of mode 0700. Then it is a folder of its own
 * below /var, and `postgres.location` in the data directory says which, so that every later start finds the same rows.
 */
export async function chooseServerHome(dataDir: string, user: ServerUser, log: (line: string) => void) {
  const known = await knownServerHome(dataDir)
  if (known !== undefined) return opened(known, dataDir)
  if (user.ids === undefined || (await canUse(user, dataDir))) return dataDir
  for (const place of durablePlaces) {
    if (!(await isOurs(place)) || !(await canUse(user, place))) continue
    const home = join(place, `${basename(dataDir).replace(/^\.+|[^\w.-]/g, '')}-${randomBytes(4).toString('hex')}`)
    // The pointer first: a start that dies in between leaves an empty promise, never rows that nobody finds.
    await writeFile(pointerIn(dataDir), `${home}\n`, { flush: true })
    log(`PostgreSQL runs as ${user.name}, who cannot reach ${dataDir}: its files are in ${home}`)
    return opened(home, dataDir)
  }
  throw new Error(
    `PostgreSQL does not run as root, ${user.name} can reach neither ${dataDir} nor ${durablePlaces.join(' nor ')}: ` +
      'choose a PORTITOR_DATA_DIR outside folders of mode 0700, start as an ordinary user, or set DATABASE_URL',
  )
}

/** The folder an earlier start chose outside the data directory. */
export async function knownServerHome(dataDir: string): Promise<string | undefined> {
  return (await readFile(pointerIn(dataDir), 'utf8').catch(absentOnly))?.trim()
}

const pointerIn = (dataDir: string) => join(dataDir, 'postgres.location')

/** Also takes along a cluster that was made while the data directory could still be reached. */
async function opened(home: string, dataDir: string): Promise<string> {
  await makePassable(home)
  if ((await exists(join(dataDir, 'postgres'))) && !(await exists(join(home, 'postgres'))))
    await rename(join(dataDir, 'postgres'), join(home, 'postgres'))
  return home
}

/** Below /var/tmp anyone could have made that folder before us. */
async function isOurs(place: string): Promise<boolean> {
  try {
    await makePassable(place)
    return (await stat(place)).uid === process.getuid?.()
  } catch {
    return false
  }
}

/** Others may pass through, whatever our umask says, but not list. */
async function makePassable(folder: string): Promise<void> {
  if ((await mkdir(folder, { recursive: true })) !== undefined) await chmod(folder, 0o711)
}

/** Tried rather than reasoned: modes, access lists, mounts and lost privileges all have their say. */
async function canUse(user: ServerUser, folder: string): Promise<boolean> {
  if (user.ids === undefined) return true
  const probe = await mkdtemp(join(folder, '.reachable-')).catch(() => undefined)
  if (probe === undefined) return false
  try {
    await chown(probe, user.ids.uid, user.ids.gid)
    await runAs(user, '/bin/sh', ['-c', 'mkdir "$1/a" && cd "$1/a" && test -O "$1"', 'sh', probe])
    return true
  } catch {
    return false
  } finally {
    await rm(probe, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function absentOnly(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
