import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second in /proc, the same on every Linux that Node runs on. */
const TICKS = 100

/** Processor seconds of a process and of its children, living and dead; 0 where the system does not tell. */
export function processorSeconds(pid: number): number {
  try {
    let ticks = ownTicks(pid)
    for (const name of readdirSync('/proc')) {
      if (/^\d+$/.test(name) && parentOf(Number(name)) === pid) ticks += ownTicks(Number(name))
    }
    return ticks / TICKS
  } catch {
    return 0
  }
}

/** The fields after the program's name, which may hold anything. */
function fields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function parentOf(pid: number): number {
  try {
    return Number(fields(pid)[1])
  } catch {
    // It ended between the listing and the look.
    return 0
  }
}

/** utime, stime, and those of children that have ended. */
function ownTicks(pid: number): number {
  try {
    return fields(pid)
      .slice(11, 15)
      .reduce((sum, text) => sum + Number(text), 0)
  } catch {
    return 0
  }
}
