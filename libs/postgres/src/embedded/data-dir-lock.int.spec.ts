import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataDirInUse, lockDataDir } from './data-dir-lock.ts'
import { temporaryFolder } from './server-in-child.fixture.ts'

const module = new URL('./data-dir-lock.ts', import.meta.url).href
const holding = `
import { lockDataDir } from ${JSON.stringify(module)}
lockDataDir(process.argv[1])
console.log('held')
setInterval(() => {}, 60_000)`

describe('the lock of a data directory', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  beforeEach(async () => (folder = await temporaryFolder()))
  afterEach(() => folder.remove())

  it('refuses a second holder in one line naming the process and the directory', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', holding, folder.path])
    try {
      await once(child.stdout, 'data')
      expect(() => lockDataDir(folder.path)).toThrow(DataDirInUse)
      expect(() => lockDataDir(folder.path)).toThrow(`${folder.path} is in use by process ${child.pid}: stop that one`)
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })

  it('dies with its holder, whoever has that process id afterwards', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', holding, folder.path])
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await writeFile(join(folder.path, 'portitor.pid'), `${process.ppid}\n`)
    lockDataDir(folder.path).release()
  })

  it('holds within one process too, until it is released', () => {
    const lock = lockDataDir(folder.path)
    expect(() => lockDataDir(folder.path)).toThrow(DataDirInUse)
    expect(() => lockDataDir(folder.path)).toThrow(DataDirInUse)
    lock.release()
    lock.release()
    lockDataDir(folder.path).release()
  })

  it('tells locks of different names and directories apart', () => {
    const locks = [lockDataDir(folder.path), lockDataDir(folder.path, 'other'), lockDataDir(join(folder.path, 'new'))]
    for (const lock of locks) lock.release()
  })

  it('lets nobody else open the lock', async () => {
    lockDataDir(folder.path).release()
    expect((await stat(join(folder.path, 'portitor.lock'))).mode & 0o777).toBe(0o600)
  })

  it('opens a folder to nobody but, run by root, to who passes through a new or empty one', async () => {
    const modeOf = async (name: string) => ((await stat(join(folder.path, name))).mode & 0o777).toString(8)
    for (const name of ['empty', 'used']) await mkdir(join(folder.path, name), { mode: 0o700 })
    await writeFile(join(folder.path, 'used', 'file'), '')
    for (const name of ['new', 'empty', 'used']) lockDataDir(join(folder.path, name)).release()
    const passable = process.getuid?.() === 0 ? '711' : '700'
    expect([await modeOf('new'), await modeOf('empty'), await modeOf('used')]).toEqual([passable, passable, '700'])
  })

  it('says what to do where the directory cannot be written', async () => {
    await mkdir(join(folder.path, 'portitor.lock'))
    expect(() => lockDataDir(folder.path)).toThrow(
      /cannot write in the data directory .* choose another PORTITOR_DATA_DIR/,
    )
  })
})
