import { execFileSync } from 'node:child_process'
import { findProgram } from './find-program.ts'

const installMsMax = 900_000

/** A continuous integration run that may change its machine: it fetches what is missing instead of telling a person. */
export function mayInstall(): boolean {
  return process.env['CI'] === 'true' && process.getuid?.() === 0 && findProgram('apt-get') !== undefined
}

/** Installs Debian packages. A refusal is told and decides nothing: who asked looks again whether the engine is there. */
export function installPackages(packages: readonly string[], log: (line: string) => void): void {
  log(`installing ${packages.join(' ')} with apt-get …`)
  const options = {
    timeout: installMsMax,
    stdio: 'pipe',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  } as const
  try {
    execFileSync('apt-get', ['update', '-q'], options)
    execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], options)
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error)
    log(`apt-get failed: ${said.trim().split('\n').slice(-3).join(' ')}`)
  }
}
