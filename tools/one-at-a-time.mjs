import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), '.nx')
const pollMs = 200
const waitMsMax = 15 * 60_000
/** A build with nothing to do is over before anybody wonders. */
const saidAfterMs = 2_000

/**
 * Runs `work` while no other command of this checkout does: two first commands at once would install, or build, into the same
 * folders. The lock is a file with the process's id, linked into its place so that it is never seen half written; one
 * left by a process that is gone is taken over. Plain Node without dependencies.
 */
export function oneAtATime(what, work) {
  mkdirSync(folder, { recursive: true })
  const lock = join(folder, `${what}.lock`)
  const own = `${lock}.${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    for (let waitedMs = 0; !taken(own, lock); waitedMs += pollMs) {
      if (waitedMs === saidAfterMs) process.stderr.write(`Waiting for another command of this checkout (${what}) …\n`)
      if (waitedMs >= waitMsMax) throw new Error(`${lock} is held for too long: stop its process, or remove the file`)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs)
    }
    try {
      return work()
    } finally {
      rmSync(lock, { force: true })
    }
  } finally {
    rmSync(own, { force: true })
  }
}

function taken(own, lock) {
  try {
    linkSync(own, lock)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (isGone(lock)) rmSync(lock, { force: true })
    return false
  }
}

function isGone(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
    return false
  } catch (error) {
    // EPERM: it lives, under another user. ENOENT: released a moment ago, so the next try decides.
    return error.code === 'ESRCH'
  }
}
