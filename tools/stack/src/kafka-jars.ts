import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Place } from './engine.ts'

const pom = join(import.meta.dirname, '..', 'kafka', 'pom.xml')
const downloadMsMax = 600_000

/**
 * The folder with the broker's jars, fetched from Maven Central the first time (43 MB) and kept in the user's cache
 * folder for every clone. It appears under its name only when complete, so an interrupted download leaves no half.
 */
export async function kafkaJars(mvn: string, { log, signal }: Place): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'portitor')
  const version = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)
  const jars = join(cache, `kafka-${version}`)
  if (existsSync(jars)) return jars
  log('kafka: fetching the broker from Maven Central (43 MB, once) …')
  mkdirSync(cache, { recursive: true })
  const partial = mkdtempSync(join(cache, 'partial-'))
  try {
    await copyDependencies(mvn, partial, signal)
    rename(partial, jars)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return jars
}

async function copyDependencies(mvn: string, folder: string, signal: AbortSignal): Promise<void> {
  const args = ['--quiet', '--batch-mode', '--file', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`]
  try {
    await promisify(execFile)(mvn, args, { timeout: downloadMsMax, signal })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(0, 5).join('\n')
    throw new Error(`Maven could not fetch the Kafka broker; Maven Central must be reachable:\n${said}`, {
      cause: error,
    })
  }
}

/** Another run may have been faster; its jars are the same. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
}
