import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { authVariables } from '@portitor/auth'
import { z } from 'zod'

const storedSchema = z.strictObject({
  PORTITOR_KEY_PEPPER: authVariables.PORTITOR_KEY_PEPPER,
  PORTITOR_JWT_KEYS: z.string(),
})
type IdentitySecrets = z.infer<typeof storedSchema>

/**
 * The pepper of keys and the signing keys of tokens where the environment names none: made at the first start and kept in
 * the data directory with mode 0600. Without this file the keys that were handed out are unknown, so it is part of a backup.
 */
export async function identitySecrets(dataDir: string): Promise<IdentitySecrets> {
  const file = join(dataDir, 'identity.json')
  const stored = await readFile(file, 'utf8').catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw new Error(`the identity secrets in ${file} cannot be read: ${message}`)
  })
  if (stored !== undefined) return readStored(stored, file)
  const made = newSecrets()
  // Renamed into place, so that a start killed in between leaves no half file behind.
  await writeFile(`${file}.new`, `${JSON.stringify(made)}\n`, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
  return made
}

function readStored(text: string, file: string): IdentitySecrets {
  try {
    return storedSchema.parse(JSON.parse(text))
  } catch {
    // The cause would quote what stands there.
    throw new Error(
      `${file} is damaged: restore it (without it all API keys are unknown), or remove it to begin with new secrets`,
    )
  }
}

function newSecrets(): IdentitySecrets {
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'EdDSA' }
  return {
    PORTITOR_KEY_PEPPER: randomBytes(32).toString('base64url'),
    PORTITOR_JWT_KEYS: JSON.stringify({ keys: [key] }),
  }
}
