import { once } from 'node:events'
import { checkDatabase, lockDataDir, startEmbeddedPostgres } from '@portitor/postgres'
import { createLog } from '@portitor/service'
import { compose } from './compose.ts'
import type { Flags, StandaloneConfig } from './config.ts'
import { chooseOperatorKey, keepOperatorKey } from './operator-key.ts'
import { startBanner } from './start-banner.ts'

/**
 * Everything in one process, from the lock on the data directory to the last line. Answers the exit code once `stop` is
 * aborted (with `--once` after the demo), when all is closed in reverse order of its opening; rejects with an error whose
 * message says what to do.
 */
export async function runStandalone(flags: Flags, config: StandaloneConfig, stop: AbortSignal): Promise<number> {
  const tell = (line: string) => void process.stderr.write(`${line}\n`)
  const show = (text: string) => void (flags.json ? process.stderr : process.stdout).write(text)
  const dataDir = config.PORTITOR_DATA_DIR
  await using opened = new AsyncDisposableStack()

  const lock = lockDataDir(dataDir)
  opened.defer(() => lock.release())
  const operatorKey = await chooseOperatorKey(dataDir, config.PORTITOR_OPERATOR_KEY)
  const database = await openDatabase(config, tell)
  opened.defer(() => database.stop())
  const log = createLog({ name: 'portitor', level: config.LOG_LEVEL })
  const portitor = await compose({ config, databaseUrl: database.url, operatorKey: operatorKey.key, log })
  opened.defer(() => portitor.close())
  await keepOperatorKey(operatorKey)
  const shown = { url: portitor.url, config, operatorKey, staysUp: !flags.once, workingFolder: process.cwd() }
  show(startBanner(shown))

  if (flags.once || stop.aborted) return 0
  const failure = await Promise.race([once(stop, 'abort').then(() => undefined), database.ended])
  if (failure !== undefined) throw new Error(failure)
  show('\nStopping …\n')
  return 0
}

async function openDatabase(config: StandaloneConfig, tell: (line: string) => void) {
  if (config.DATABASE_URL === undefined) return startEmbeddedPostgres({ dataDir: config.PORTITOR_DATA_DIR, log: tell })
  await checkDatabase(config.DATABASE_URL)
  const never = new Promise<string>(() => undefined)
  return { url: config.DATABASE_URL, ended: never, stop: async () => undefined }
}
