import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { removeContainer } from './container.ts'
import { processTree, signal } from './process-tree.ts'

const prefix = 'portitor-stack-'

/** A new empty folder in the system's temporary folder that every user can reach, marked with the process it belongs to. */
export function newScratch(): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'owner'), String(process.pid))
  return folder
}

/**
 * Ends the engines and removes the folders of runs that were killed before they could stop theirs. A process is ended
 * only when its id was written down by that run and it still works in that run's folder.
 */
export function sweepAbandoned(log: (line: string) => void): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(tmpdir(), name)
    const owner = numberIn(join(folder, 'owner'))
    if (owner === undefined || processTree(owner).length > 0) continue
    log(`removing what an earlier run left in ${folder}`)
    for (const engine of readdirSync(folder)) endEngine(join(folder, engine))
    rmSync(folder, { recursive: true, force: true })
  }
}

function endEngine(folder: string): void {
  const container = textIn(join(folder, 'container'))
  if (container !== undefined) removeContainer(container)
  const pid = numberIn(join(folder, 'pid'))
  if (pid === undefined || !worksIn(pid, folder)) return
  for (const member of processTree(pid)) signal(member, 'SIGKILL')
}

/** Known on Linux only; elsewhere nothing is ended. */
function worksIn(pid: number, folder: string): boolean {
  try {
    const place = readlinkSync(`/proc/${pid}/cwd`)
    return `${place}${sep}`.startsWith(`${realpathSync(folder)}${sep}`)
  } catch {
    return false
  }
}

function numberIn(file: string): number | undefined {
  const text = textIn(file)
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text)
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
