import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface OperatorKey {
  readonly key: string
  /** Where it comes from; `generated` is the one time that it may be shown. */
  readonly source: 'environment' | 'stored' | 'generated'
  readonly file: string
}

const charactersMin = 32

/**
 * The key that opens every endpoint (I-3, I-11): the environment's where there is one, else the data directory's, else a
 * new one of 256 random bits, which `keepOperatorKey` stores once the start has come far enough to show it.
 */
export async function chooseOperatorKey(dataDir: string, fromEnvironment: string | undefined): Promise<OperatorKey> {
  const file = join(dataDir, 'operator.key')
  if (fromEnvironment !== undefined) return { key: fromEnvironment, source: 'environment', file }
  const stored = await readFile(file, 'utf8').catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw new Error(`the operator key in ${file} cannot be read: ${message}`)
  })
  if (stored === undefined) return { key: randomBytes(32).toString('base64url'), source: 'generated', file }
  const key = stored.trim()
  if (key.length < charactersMin)
    throw new Error(
      `${file} holds ${key.length} characters, ${charactersMin} or more are expected: ` +
        'restore it, remove it to have a new key made, or set PORTITOR_OPERATOR_KEY',
    )
  return { key, source: 'stored', file }
}

/** Keeps a generated key for later starts, in a file of mode 0600. One from the environment is stored nowhere. */
export async function keepOperatorKey({ key, source, file }: OperatorKey): Promise<void> {
  if (source !== 'generated') return
  // Renamed into place, so that a start killed in between leaves no half key behind.
  await writeFile(`${file}.new`, `${key}\n`, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}
