import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** `pid` and everything it started, parents first. Empty when it is gone. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>()
  const known = new Set<number>()
  for (const [child, parent] of parents()) {
    known.add(child)
    children.set(parent, [...(children.get(parent) ?? []), child])
  }
  const tree = known.has(pid) ? [pid] : []
  for (const member of tree) tree.push(...(children.get(member) ?? []))
  return tree
}

/** Signals one process; false when it is gone already. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Signals a process and everything it started, parents first so that none of them replaces a child. */
export function signalTree(pid: number, name: NodeJS.Signals): void {
  for (const member of processTree(pid)) signal(member, name)
}

/** Pairs of (process, its parent). Slim images have no `ps`, and macOS has no /proc. */
function parents(): [number, number][] {
  if (process.platform !== 'linux') {
    const listed = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    return listed.stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
  }
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry): [number, number][] => {
      const parent = parentOf(entry)
      return parent === undefined ? [] : [[Number(entry), parent]]
    })
}

/** The name in /proc/PID/stat may hold spaces and brackets, so the fields count from its last bracket. Zombies are gone. */
function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : Number(parent)
  } catch {
    return undefined
  }
}
