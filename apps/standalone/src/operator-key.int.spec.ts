import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseOperatorKey, keepOperatorKey } from './operator-key.ts'

describe('the operator key', () => {
  let dataDir: string
  beforeEach(async () => (dataDir = await mkdtemp(join(tmpdir(), 'portitor-key-'))))
  afterEach(() => rm(dataDir, { recursive: true }))

  it('I-11 is generated at the first start, random, kept in a file of mode 0600, and the same ever after', async () => {
    const first = await chooseOperatorKey(dataDir, undefined)
    await keepOperatorKey(first)
    expect(first.source).toBe('generated')
    expect(first.key).toMatch(/^[\w-]{43}$/)
    expect((await stat(first.file)).mode & 0o777).toBe(0o600)
    expect(await readdir(dataDir)).toEqual(['operator.key'])
    expect(await chooseOperatorKey(dataDir, undefined)).toEqual({ ...first, source: 'stored' })
  })

  it('I-11 is not spent by a start that fails before it could show it', async () => {
    const [first, second] = [await chooseOperatorKey(dataDir, undefined), await chooseOperatorKey(dataDir, undefined)]
    expect(second.source).toBe('generated')
    expect(second.key).not.toBe(first.key)
  })

  it('I-3 of the environment wins over a stored one, which is kept, and is itself stored nowhere', async () => {
    const stored = await chooseOperatorKey(dataDir, undefined)
    await keepOperatorKey(stored)
    const given = await chooseOperatorKey(dataDir, 'k'.repeat(32))
    await keepOperatorKey(given)
    expect(given).toMatchObject({ key: 'k'.repeat(32), source: 'environment' })
    expect((await readFile(stored.file, 'utf8')).trim()).toBe(stored.key)
  })

  it('I-3 is refused where what is stored is too short to be one', async () => {
    await writeFile(join(dataDir, 'operator.key'), 'short\n')
    await expect(chooseOperatorKey(dataDir, undefined)).rejects.toThrow(
      'operator.key holds 5 characters, 32 or more are expected',
    )
  })
})
