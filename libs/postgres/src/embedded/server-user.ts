import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The OS user PostgreSQL runs as; without ids it is the user we are. */
export interface ServerUser {
  readonly name: string
  readonly ids: { readonly uid: number; readonly gid: number } | undefined
}

/**
 * PostgreSQL refuses to run as root, so root lends it the user who owns the cluster already, else `postgres`, else
 * `nobody` (both exist nearly everywhere; nothing is added to the machine's user database). Anyone else runs it himself.
 */
export async function chooseServerUser(cluster: string): Promise<ServerUser> {
  const owner = await stat(cluster).catch(() => undefined)
  const own = process.getuid?.()
  if (own !== 0) {
    if (owner !== undefined && owner.uid !== own)
      throw new Error(
        `the database in ${cluster} belongs to user id ${owner.uid}: start as that user or as root, ` +
          'or choose another PORTITOR_DATA_DIR',
      )
    return { name: 'the current user', ids: undefined }
  }
  if (owner !== undefined && owner.uid !== 0)
    return { name: `user id ${owner.uid}`, ids: { uid: owner.uid, gid: owner.gid } }
  for (const name of ['postgres', 'nobody']) {
    const ids = await idsOf(name)
    if (ids !== undefined) return { name, ids }
  }
  throw new Error(
    'PostgreSQL does not run as root and this machine has neither a user postgres nor nobody: ' +
      'add one (useradd --system postgres), start as an ordinary user, or set DATABASE_URL',
  )
}

async function idsOf(name: string): Promise<ServerUser['ids']> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined
  }
}

/** How to spawn as that user: no secret of our environment, and a working directory that every user can enter. */
export function spawnedAs(user: ServerUser) {
  return { ...user.ids, cwd: '/', env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } }
}

/** Runs a program to its end as that user. Rejects with what it wrote to stderr. */
export async function runAs(user: ServerUser, program: string, args: readonly string[]): Promise<void> {
  try {
    await run(program, [...args], { ...spawnedAs(user), maxBuffer: 16 * 1024 * 1024 })
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new Error(stderr?.trim() || message, { cause: error })
  }
}
