import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'

export interface RunningProcess {
  readonly pid: number
  readonly uid: number
  /** Arguments joined by spaces; a server process's own title where it set one. Never empty: zombies are left out. */
  readonly command: string
  readonly startedAtMs: number
}

const kernelTicksPerSecond = 100

/** Every process of this machine that we may look at. */
export async function runningProcesses(): Promise<RunningProcess[]> {
  return process.platform === 'linux' ? fromProc() : fromPs()
}

/** Slim Linux images have no `ps`, but always /proc. */
async function fromProc(): Promise<RunningProcess[]> {
  const bootedAtSeconds = Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1])
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const [owner, commandLine, state] = await Promise.all([
          stat(`/proc/${pid}`),
          readFile(`/proc/${pid}/cmdline`, 'utf8'),
          readFile(`/proc/${pid}/stat`, 'utf8'),
        ])
        // The name in parentheses may hold spaces and parentheses itself; the start time is field 22.
        const ticks = Number(state.slice(state.lastIndexOf(')') + 2).split(' ')[19])
        return {
          pid: Number(pid),
          uid: owner.uid,
          command: commandLine.replace(/\0+/g, ' ').trim(),
          startedAtMs: (bootedAtSeconds + ticks / kernelTicksPerSecond) * 1_000,
        }
      } catch {
        return undefined // ended while we looked
      }
    }),
  )
  return found.filter((entry) => entry !== undefined && entry.command !== '') as RunningProcess[]
}

/** `pid uid Fri Nov 21 09:12:33 2026 command …`, as BSD's and procps' `ps` both print it. */
export async function fromPs(): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,uid=,lstart=,command='], {
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout.split('\n').flatMap((line) => {
    const parts = /^\s*(\d+)\s+(\d+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d{4})\s+(.*\S)\s*$/.exec(line)
    if (parts === null) return []
    const [, pid, uid, started, command] = parts as unknown as [string, string, string, string, string]
    return [{ pid: Number(pid), uid: Number(uid), command, startedAtMs: Date.parse(`${started} UTC`) }]
  })
}
