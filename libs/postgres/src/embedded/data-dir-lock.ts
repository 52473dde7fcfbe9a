import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const sqliteBusy = 5

/** A living process holds the directory; `message` names it and the directory in one line. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse'
  readonly dataDir: string
  readonly pid: number | undefined
  constructor(dataDir: string, pid: number | undefined) {
    super(
      `the data directory ${dataDir} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}: ` +
        'stop that one first, or choose another PORTITOR_DATA_DIR',
    )
    this.dataDir = dataDir
    this.pid = pid
  }
}

export interface DataDirLock {
  release(): void
}

/** Held locks stay referenced from here: a collected database handle would close its file and so give the lock away. */
const held = new Set<DatabaseSync>()

/**
 * Makes this process the only one in `dataDir` (created if absent) until `release` or its death, however it dies.
 * The lock is the kernel's lock on an empty SQLite file, so nothing stale can be left and no reused process id can
 * be mistaken for the holder. The id in the `.pid` file beside it is only for the message. Throws DataDirInUse.
 */
export function lockDataDir(dataDir: string, name = 'portitor'): DataDirLock {
  const folder = resolve(dataDir)
  const pidFile = join(folder, `${name}.pid`)
  const database = openLockFile(folder, name)
  try {
    database.exec('pragma journal_mode = off; begin exclusive')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === sqliteBusy) throw new DataDirInUse(folder, holder(pidFile))
    throw new Error(`cannot lock ${join(folder, `${name}.lock`)}: ${(error as Error).message}`, { cause: error })
  }
  held.add(database)
  writeFileSync(pidFile, `${process.pid}\n`)
  const release = () => {
    if (held.delete(database)) database.close()
  }
  return { release }
}

function openLockFile(folder: string, name: string): DatabaseSync {
  try {
    makeFolder(folder)
    const file = join(folder, `${name}.lock`)
    const database = new DatabaseSync(file, { timeout: 0 })
    // Whoever may open it may lock it. (Never open and close it ourselves: that would drop a lock this process holds.)
    chmodSync(file, 0o600)
    return database
  } catch (error) {
    throw new Error(
      `cannot write in the data directory ${folder} (${(error as Error).message}): ` +
        'run as its owner, or choose another PORTITOR_DATA_DIR',
      { cause: error },
    )
  }
}

/**
 * Ours alone. Only root lets others pass through (not list), for the server's own user has to reach the cluster inside, and
 * only where nothing can lie open by it: in a folder that is new, or still empty as `mkdtemp` makes it.
 */
function makeFolder(folder: string): void {
  mkdirSync(dirname(folder), { recursive: true })
  const isNew = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined
  if (process.getuid?.() === 0 && (isNew || readdirSync(folder).length === 0))
    chmodSync(folder, statSync(folder).mode | 0o011)
}

function holder(pidFile: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(pidFile, 'utf8'), 10) || undefined
  } catch {
    return undefined
  }
}
