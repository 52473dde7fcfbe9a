import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseKeyPepper } from './key-pepper.ts'

describe('the pepper of API keys', () => {
  let dataDir: string
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'portitor-pepper-'))
  })
  afterEach(() => rm(dataDir, { recursive: true }))

  it('I-3 is generated at the first start, kept in a file of mode 0600, and the same ever after', async () => {
    const first = await chooseKeyPepper(dataDir, undefined)
    expect(first).toMatch(/^[\w-]{43}$/)
    expect((await stat(join(dataDir, 'key.pepper'))).mode & 0o777).toBe(0o600)
    expect(await chooseKeyPepper(dataDir, undefined)).toBe(first)
  })

  it('I-3 is the one of the environment where there is one, which is stored nowhere', async () => {
    const given = 'a pepper of forty characters, more or less'
    expect(await chooseKeyPepper(dataDir, given)).toBe(given)
    await expect(readFile(join(dataDir, 'key.pepper'))).rejects.toThrow('ENOENT')
  })

  it('I-3 a damaged file stops the start instead of making every key unknown', async () => {
    await writeFile(join(dataDir, 'key.pepper'), 'half\n')
    await expect(chooseKeyPepper(dataDir, undefined)).rejects.toThrow(/holds 4 characters, 32 or more are expected/)
  })
})
