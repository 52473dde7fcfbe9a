import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinaries } from './binaries.ts'
import { ensureCluster, ensureDatabase } from './cluster.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { endLeftovers } from './leftovers.ts'
import { chooseServerHome, knownServerHome } from './server-home.ts'
import { ServerEnded, startServer, type ServerProcess } from './server-process.ts'
import { chooseServerUser } from './server-user.ts'

/** What passes by itself: a port that somebody took in between, and shared memory that dying backends still hold. */
const passing =
  /Address already in use|could not create any TCP\/IP sockets|shared memory block .* is still in use|could not bind/i
const startsMax = 40
const retryWaitMs = 500

export interface EmbeddedPostgres {
  /** Connects to the database `portitor` as its owner, who is no superuser; holds the password. */
  readonly url: string
  /** The postmaster. */
  readonly pid: number
  /** Resolves with one line when the server ended although nobody called `stop`. */
  readonly ended: Promise<string>
  /** Fast shutdown, an immediate one after 30 s. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL 18 on the cluster of `dataDir`, which is made on the first start, also as root and also where the
 * server's own user cannot reach `dataDir` or node_modules. What a killed run left (a living server, its backends, its
 * pid file, its shared memory) is ended or waited for first; every committed row is there. One server a data directory:
 * throws DataDirInUse while another process holds it. `log` gets single lines worth telling the user.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  log(line: string): void
}): Promise<EmbeddedPostgres> {
  const { log } = options
  const outer = lockDataDir(options.dataDir, 'postgres')
  let inner = outer
  const release = () => {
    inner.release()
    outer.release()
  }
  try {
    const dataDir = await realpath(options.dataDir)
    const user = await chooseServerUser(join((await knownServerHome(dataDir)) ?? dataDir, 'postgres'))
    const home = await chooseServerHome(dataDir, user, log)
    // A copy of a data directory leads to the same cluster elsewhere.
    if (home !== dataDir) inner = lockDataDir(home, 'postgres')
    const binaries = await findBinaries(user, home)
    const { cluster, password } = await ensureCluster({ dataDir, home, binaries, user, log })
    await endLeftovers(cluster, user.ids?.uid ?? process.getuid!(), log)
    const logFile = join(dataDir, 'postgres.log')
    const server = await untilStarted(() => startServer({ binaries, user, cluster, logFile, log }))
    try {
      return running(server, await ensureDatabase(server.port, password), release, logFile)
    } catch (error) {
      await server.stop()
      throw error
    }
  } catch (error) {
    release()
    throw error
  }
}

async function untilStarted(start: () => Promise<ServerProcess>): Promise<ServerProcess> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await start()
    } catch (error) {
      if (!(error instanceof ServerEnded) || !passing.test(error.message) || starts === startsMax) throw error
      await sleep(retryWaitMs)
    }
  }
}

function running(server: ServerProcess, url: string, release: () => void, logFile: string): EmbeddedPostgres {
  let stopping: Promise<void> | undefined
  const ended = new Promise<string>((resolve) => {
    void server.gone.then(() => {
      if (stopping === undefined)
        resolve(`the embedded PostgreSQL (process ${server.pid}) ended by itself: ${logFile} says why; start again`)
    })
  })
  const stop = () => (stopping ??= server.stop().finally(release))
  return { url, pid: server.pid, ended, stop }
}
