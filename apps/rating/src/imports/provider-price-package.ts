import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { waitForUpdate, type Provider } from '@pydantic/genai-prices'
import { z } from 'zod'

const manifestSchema = z.object({ name: z.string(), version: z.string() })

/**
 * The data bundled with the installed price package, and the name that books give as their source. `waitForUpdate` is
 * the package's one way to all providers: it resolves to the data in use, which is the bundled one as nobody here turns
 * on its downloads (updates come with the dependency, so that what is imported has been tested).
 */
export async function readPricePackage(): Promise<{ source: string; providers: readonly Provider[] }> {
  const providers = await waitForUpdate()
  if (providers === null || providers.length === 0)
    throw new Error('@pydantic/genai-prices holds no providers: install the version that package.json names')
  // Its exports hide package.json, so it is found from the entry point, which lies one folder deeper.
  const entry = createRequire(import.meta.url).resolve('@pydantic/genai-prices')
  const { name, version } = manifestSchema.parse(
    JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8')),
  )
  return { source: `${name} ${version}`, providers }
}
