import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runningProcesses, type RunningProcess } from './process-table.ts'

/** How far the start that postmaster.pid names and the one the system reports may lie apart for the same process. */
const startSkewMsMax = 60_000
const pollIntervalMs = 50

/** First politely to the postmaster, who ends its backends; then to whoever is left. */
const steps = [
  { to: 'postmaster', signal: 'SIGINT', waitMsMax: 30_000 },
  { to: 'postmaster', signal: 'SIGQUIT', waitMsMax: 10_000 },
  { to: 'everyone', signal: 'SIGQUIT', waitMsMax: 5_000 },
  { to: 'everyone', signal: 'SIGKILL', waitMsMax: 5_000 },
] as const
/** Backends end by themselves when their postmaster is gone; a busy one only when it notices. */
const orphansWaitMsMax = 3_000

/**
 * The name under which a cluster's processes run: it is in the postmaster's arguments and, as `cluster_name`, in the
 * title of every backend, so that a process shows itself whose it is.
 */
export function clusterName(cluster: string): string {
  return `portitor-${createHash('sha256').update(cluster).digest('hex').slice(0, 16)}`
}

/** In the arguments of the shell that watches over a postmaster (server-process.ts), to tell the two apart. */
export const guardName = 'portitor-postgres-guard'

/**
 * Ends what an earlier run of ours left alive on this cluster and removes a stale postmaster.pid. A process that is
 * not ours is never signalled, whatever its id: where one runs PostgreSQL on this very folder, this throws and says so.
 */
export async function endLeftovers(cluster: string, uid: number, log: (line: string) => void): Promise<void> {
  const name = clusterName(cluster)
  const alive = async () => (await runningProcesses()).filter((entry) => entry.uid === uid && roleIn(name, entry))
  const found = await alive()
  if (found.length > 0)
    log(`ending the PostgreSQL of an earlier run (process ${found.map(({ pid }) => pid).join(', ')})`)

  for (const { to, signal, waitMsMax } of steps) {
    const left = await alive()
    if (left.length === 0) break
    const targets = left.filter((entry) => to === 'everyone' || roleIn(name, entry) === 'postmaster')
    for (const { pid } of targets) signalIfAlive(pid, signal)
    const deadline = Date.now() + (targets.length > 0 ? waitMsMax : orphansWaitMsMax)
    while (Date.now() < deadline && (await alive()).length > 0) await sleep(pollIntervalMs)
  }
  const immortal = await alive()
  if (immortal.length > 0)
    throw new Error(
      `the PostgreSQL of an earlier run does not end: process ${immortal.map(({ pid }) => pid).join(', ')}`,
    )
  await removeStalePidFile(cluster)
}

function roleIn(name: string, { command }: RunningProcess): 'postmaster' | 'backend' | undefined {
  if (command.startsWith(`postgres: ${name}: `)) return 'backend'
  const isPostmaster = command.includes(`cluster_name=${name}`) && !command.includes(guardName)
  return isPostmaster ? 'postmaster' : undefined
}

/** PostgreSQL itself would refuse to start while the id in the file belongs to any living process of its user. */
async function removeStalePidFile(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid')
  const written = await readPidFile(cluster)
  if (written !== undefined) {
    const living = (await runningProcesses()).find(({ pid }) => pid === written.pid)
    const isItsWriter = living !== undefined && Math.abs(living.startedAtMs - written.startedAtMs) <= startSkewMsMax
    if (isItsWriter && /postgres|postmaster/.test(living.command))
      throw new Error(
        `PostgreSQL (process ${living.pid}) runs on ${cluster} and was not started by Portitor: stop it first`,
      )
  }
  await rm(file, { force: true })
}

/** What a postmaster says about itself; undefined where there is none, or it has not finished writing. */
export async function readPidFile(cluster: string) {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const [pid, , startedAtSeconds, port, , , , status] = text.split('\n')
  if (!/^\d+$/.test(pid ?? '')) return undefined
  return {
    pid: Number(pid),
    startedAtMs: Number(startedAtSeconds) * 1_000,
    port: Number(port),
    isReady: status?.trim() === 'ready',
  }
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
