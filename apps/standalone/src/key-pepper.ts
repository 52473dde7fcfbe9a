import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const charactersMin = 32

/**
 * What API keys are hashed with (I-3): the environment's where there is one, else the data directory's, else a new one of
 * 256 random bits, kept there before a key is hashed with it. It lies beside the database and not in it, and with another
 * one no key would be known any more; so a file that is damaged is not replaced, but reported.
 */
export async function chooseKeyPepper(dataDir: string, fromEnvironment: string | undefined): Promise<string> {
  if (fromEnvironment !== undefined) return fromEnvironment
  const file = join(dataDir, 'key.pepper')
  const stored = await readFile(file, 'utf8').catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw new Error(`the pepper of API keys in ${file} cannot be read: ${message}`)
  })
  if (stored === undefined) return keepNew(file)
  if (stored.trim().length < charactersMin)
    throw new Error(
      `${file} holds ${stored.trim().length} characters, ${charactersMin} or more are expected: restore it, or no API ` +
        'key is known; remove it to have a new one made, and create new keys',
    )
  return stored.trim()
}

async function keepNew(file: string): Promise<string> {
  const pepper = randomBytes(32).toString('base64url')
  // Renamed into place, so that a start killed in between leaves no half secret behind.
  await writeFile(`${file}.new`, `${pepper}\n`, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
  return pepper
}
