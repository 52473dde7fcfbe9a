import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'
import { oneAtATime } from './one-at-a-time.mjs'

/*
 * `npm run replay|chaos|bench|conformance:pricing`: installs and builds where needed, then runs tools/<name> with the arguments given. It
 * runs as built, like the services that it starts: Node cannot run our libraries from source (it strips types and
 * rewrites nothing). Plain Node ≥ 20 without dependencies. stdout belongs to the tool: what is told here goes to stderr.
 */
const apps = join(root, 'apps')

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

async function main([name, ...args]) {
  if (!/^[a-z]+$/.test(name ?? '') || !existsSync(join(root, 'tools', name, 'src', 'main.ts')))
    throw new Error(`There is no tool ${name}: expected replay, chaos, bench or conformance`)
  const node = ensureInstalled()
  oneAtATime('build', () => build(node, name))
  return run(node, join(root, 'tools', name, 'dist', 'main.js'), args)
}

/** The compiler's own incremental build: with nothing to do it takes a fraction of a second. */
function build(node, name) {
  if (!existsSync(join(root, 'tools', name, 'dist', 'main.js'))) process.stderr.write('Building …\n')
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  // The vectors are held against the pure core: no service is started.
  const started = name === 'conformance' ? [] : readdirSync(apps)
  const projects = [join('tools', name), ...started.map((app) => join('apps', app))]
  const { status, error } = spawnSync(node, [compiler, '-b', ...projects], { cwd: root, stdio: ['ignore', 2, 2] })
  if (error) throw new Error(`the compiler could not be run (${error.message}): npm ci installs it`)
  if (status !== 0) throw new Error('the build failed: the messages above say where')
}

/** Where the caller stands, so that relative paths mean what they say: npm itself goes to the root and tells in INIT_CWD. */
function run(node, entry, args) {
  // A known flaw of kafkajs on Node 24. Every other warning is shown.
  const quietly = ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning']
  const tool = spawn(node, [...quietly, entry, ...args], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdio: 'inherit',
  })
  // From a terminal the tool has the signal already, and npm sends it once more.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => tool.kill(signal))
  return new Promise((resolve, reject) => {
    tool.once('error', (error) => reject(new Error(`Node could not be run (${error.message}): npm ci installs it`)))
    tool.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}
