import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { oneAtATime } from './one-at-a-time.mjs'

/** The checkout this file stands in. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Makes node_modules say what package-lock.json says, by `npm ci` where it does not, and returns the path of the
 * Node 24 that the lock pins: everything after this is spawned with it. Plain Node ≥ 20 without dependencies, since
 * it runs before there are any. npm's own output goes to stderr, so that stdout stays free for a caller's JSON.
 * Throws an Error that says what to do.
 */
export function ensureInstalled() {
  if (major(process.versions.node) < 20)
    throw new Error(`Node ${process.versions.node} is too old: install Node 20 or newer (it only has to run npm)`)
  if (!isInstalled()) oneAtATime('install', () => isInstalled() || install())
  return pinnedNode()
}

/** npm writes node_modules/.package-lock.json last, so an interrupted install is seen too. Dates prove nothing: git sets them anew. */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  if (wanted === undefined) throw new Error('package-lock.json is missing or unreadable: restore it with git checkout')
  if (present === undefined) return false
  const names = new Set(
    [...Object.keys(wanted), ...Object.keys(present)].filter((name) => name.includes('node_modules/')),
  )
  for (const name of names) {
    // Optional packages of other platforms are in the lock only.
    if (present[name] === undefined ? !wanted[name].optional : fingerprint(present[name]) !== fingerprint(wanted[name]))
      return false
  }
  return true
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

function fingerprint(entry) {
  return entry && `${entry.version} ${entry.integrity} ${entry.resolved}`
}

function install() {
  process.stderr.write('Installing what package-lock.json lists (npm ci) …\n')
  // The npm that runs this script, with the Node that runs it: node_modules/.bin/node is about to be replaced.
  const { npm_execpath: npm, npm_node_execpath: node = process.execPath } = process.env
  // Its warnings are about the host's Node, which only runs npm.
  const [command, before] = npm === undefined ? ['npm', []] : [node, [npm]]
  const outcome = spawnSync(command, [...before, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (outcome.error) throw new Error(`npm could not be run (${outcome.error.message}): install npm 10 or newer`)
  if (outcome.status !== 0)
    throw new Error('npm ci failed: its messages above name the cause; a registry must be reachable')
}

function pinnedNode() {
  const pinned = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(pinned)) return pinned
  if (major(process.versions.node) >= 24) return process.execPath
  throw new Error(
    `npm has no Node 24 for ${process.platform}-${process.arch}: install Node 24 and run this command with it`,
  )
}

function major(version) {
  return Number(version.split('.')[0])
}
