import { once } from 'node:events'
import { checkDatabase, lockDataDir, startEmbeddedPostgres } from '@portitor/postgres'
import { createLog } from '@portitor/service'
import { compose } from './compose.ts'
import type { Flags, StandaloneConfig } from './config.ts'
import { summaryOf } from './demo/print-summary.ts'
import { runDemo } from './demo/run-demo.ts'
import { chooseOperatorKey, keepOperatorKey } from './operator-key.ts'
import { startBanner } from './start-banner.ts'

/**
 * Everything in one process, from the lock on the data directory to the last line. Answers the exit code once `stop` is
 * aborted (with `--once` after the demo), when all is closed in reverse order of its opening; rejects with an error whose
 * message says what to do.
 */
export async function runStandalone(flags: Flags, config: StandaloneConfig, stop: AbortSignal): Promise<number> {
  const tell = (line: string): undefined => void process.stderr.write(`${line}\n`)
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
  const banner = startBanner({
    url: portitor.url,
    config,
    operatorKey,
    staysUp: !flags.once,
    workingFolder: process.cwd(),
  })

  const ended = Promise.race([stopped(stop), database.ended.then(asFailure)])
  if (flags.once) show(banner)
  const running = flags.demo ? runDemo({ url: portitor.url, operatorKey: operatorKey.key }) : undefined
  // Staying up is worth more than a demo on data that it does not fit.
  const demo = flags.once ? running : running?.catch((error: unknown) => tell(`the demo failed: ${String(error)}`))
  const played = await Promise.race([demo, ended])
  if (played !== undefined) process.stdout.write(summaryOf(played, flags))
  if (flags.once) return stop.aborted || played?.report.reconciled === false ? 1 : 0

  if (!stop.aborted) show(banner)
  await ended
  show('\nStopping …\n')
  return 0
}

async function stopped(stop: AbortSignal): Promise<undefined> {
  if (!stop.aborted) await once(stop, 'abort')
}

function asFailure(line: string): never {
  throw new Error(line)
}

async function openDatabase(config: StandaloneConfig, tell: (line: string) => void) {
  if (config.DATABASE_URL === undefined) return startEmbeddedPostgres({ dataDir: config.PORTITOR_DATA_DIR, log: tell })
  await checkDatabase(config.DATABASE_URL)
  const never = new Promise<string>(() => undefined)
  return { url: config.DATABASE_URL, ended: never, stop: async () => undefined }
}
