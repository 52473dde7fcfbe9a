import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authVariables } from '@portitor/auth'
import { identitySecrets } from './identity-secrets.ts'

describe('the identity secrets of npm start', () => {
  let dataDir: string
  beforeEach(async () => (dataDir = await mkdtemp(join(tmpdir(), 'portitor-identity-'))))
  afterEach(() => rm(dataDir, { recursive: true }))

  it('I-3 are made at the first start, kept with mode 0600, good as settings, and the same ever after', async () => {
    const first = await identitySecrets(dataDir)
    expect(await readdir(dataDir)).toEqual(['identity.json'])
    expect((await stat(join(dataDir, 'identity.json'))).mode & 0o777).toBe(0o600)
    expect(authVariables.PORTITOR_JWT_KEYS.parse(first.PORTITOR_JWT_KEYS)).toHaveLength(1)
    expect(await identitySecrets(dataDir)).toEqual(first)
  })

  it('I-3 are never made anew over a damaged file, and what stands in it is told to nobody', async () => {
    await writeFile(join(dataDir, 'identity.json'), '{"PORTITOR_KEY_PEPPER": "half a sec')
    await expect(identitySecrets(dataDir)).rejects.toThrow(/damaged: restore it/)
    await expect(identitySecrets(dataDir)).rejects.not.toThrow(/half a sec/)
  })
})
