import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureInstalled, root } from './install.mjs'
import { oneAtATime } from './one-at-a-time.mjs'

/*
 * `npm start`: installs and builds where needed, then runs every service in one process (apps/standalone). Plain Node
 * ≥ 20 without dependencies. stdout belongs to the app: what is told here goes to stderr.
 */
const help = `npm start [-- options]

Installs and builds what is missing, then runs all of Portitor in one process and stays up until Ctrl-C.

  --once      end after the demo, with 0 only if everything reconciles
  --json      the summary as one JSON object, the last line of stdout; all else goes to stderr
  --no-demo   no plans, no demo workspaces and no workload (the price and cost books are seeded all the same)
  --help      this text

Environment (unset: the default; engines: embedded):

  PORT                   8787
  HOST                   127.0.0.1
  PORTITOR_DATA_DIR      .portitor/            where everything is kept; a second start goes on with it
  PORTITOR_OPERATOR_KEY  generated once        a secret of at least 32 characters
  PORTITOR_KEY_PEPPER    generated once        a secret of at least 32 characters that API keys are hashed with
  DATABASE_URL           embedded PostgreSQL   postgres://…, PostgreSQL 15 or newer
  KAFKA_BROKERS          a log in PostgreSQL   host:port,host:port
  CLICKHOUSE_URL         embedded ClickHouse   http://…, ClickHouse 24.8 or newer
  LOG_LEVEL              warn                  debug, info, warn, error or silent
`

const flags = ['once', 'json', 'no-demo', 'help']

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

async function main(args) {
  const options = Object.fromEntries(flags.map((flag) => [flag, { type: 'boolean' }]))
  const { values } = parseArgs({ args, options, strict: true })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const node = ensureInstalled()
  oneAtATime('build', () => build(node))
  return run(node, args)
}

/**
 * The compiler's own incremental build rather than Nx's cache: with nothing to do it takes 0.2 s, Nx 0.8 s and more.
 */
function build(node) {
  if (!existsSync(join(root, 'apps/standalone/dist/main.js'))) process.stderr.write('Building …\n')
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { status, error } = spawnSync(node, [compiler, '-b', 'apps/standalone'], { cwd: root, stdio: ['ignore', 2, 2] })
  if (error) throw new Error(`the compiler could not be run (${error.message}): npm ci installs it`)
  if (status !== 0) throw new Error('the build failed: the messages above say where')
}

/** In our process group, so that Ctrl-C and whoever kills npm's group reach the app as well. */
function run(node, args) {
  const quietly = ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning']
  const main = join(root, 'apps/standalone/dist/main.js')
  const app = spawn(node, [...quietly, main, ...args], { cwd: root, stdio: 'inherit' })
  // From a terminal the app has the signal already, and npm sends it once more: the app takes them for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => app.kill(signal))
  return new Promise((resolve, reject) => {
    app.once('error', (error) => reject(new Error(`Node could not be run (${error.message}): npm ci installs it`)))
    app.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}
