import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ensureInstalled, root } from './install.mjs'

/*
 * `npm test [-- jest arguments]`: installs where needed, starts the real engines that the chosen specs may ask for, runs
 * jest, stops the engines and says which specs were not run for lack of one. Plain Node ≥ 20 without dependencies.
 */
const variables = {
  kafka: 'PORTITOR_TEST_KAFKA_BROKERS',
  redis: 'PORTITOR_TEST_REDIS_URL',
  postgres: 'PORTITOR_TEST_POSTGRES_URL',
  clickhouse: 'PORTITOR_TEST_CLICKHOUSE_URL',
}
const jestArguments = process.argv.slice(2)
/** A known flaw of kafkajs on Node 24, and jest's ESM. Every other warning is shown. */
const quietly = ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning']
const jest = ['--experimental-vm-modules', ...quietly, join(root, 'node_modules', 'jest', 'bin', 'jest.js')]
const stack = ['--conditions=@portitor/source', ...quietly, join(root, 'tools', 'stack', 'src', 'main.ts')]

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => interruption.abort(name))

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(
    interruption.signal.aborted ? `Interrupted by ${interruption.signal.reason}.\n` : `${error.message}\n`,
  )
  process.exitCode = 1
}

async function main() {
  const node = ensureInstalled()
  const folder = mkdtempSync(join(tmpdir(), 'portitor-test-'))
  const engines = needsEngines(node) ? startEngines(node) : noEngines()
  try {
    const started = await engines.started
    interruption.signal.throwIfAborted()
    const outputFile = join(folder, 'results.json')
    const code = await runJest(node, outputFile, started.environment)
    await engines.stop()
    return report(started, code, resultsIn(outputFile))
  } finally {
    await engines.stop()
    // Engines that a spec started in a jest worker, which is given no time to stop them.
    if (interruption.signal.aborted) spawnSync(node, [...stack, '--sweep'], { stdio: 'inherit' })
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Specs in memory need none: `npm test -- libs/money` shall not wait for a broker. */
function needsEngines(node) {
  const listed = spawnSync(node, [...jest, '--listTests', ...jestArguments], { cwd: root, encoding: 'utf8' })
  return listed.status !== 0 || listed.stdout.includes('.int.spec.ts')
}

function noEngines() {
  return { started: Promise.resolve({ engines: [], missing: [], environment: {} }), stop: async () => undefined }
}

/**
 * Those that the environment names already are left to whoever started them. The stack's process stops the others when
 * its standard input closes, so they end with this process, however that ends.
 */
function startEngines(node) {
  const names = Object.keys(variables).filter((name) => process.env[variables[name]] === undefined)
  if (names.length === 0) return noEngines()
  const child = spawn(node, [...stack, ...names, '--json', '--while-stdin'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = new Promise((resolve) => child.once('close', resolve))
  const started = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)))
    child.once('error', reject)
    child.once('close', () => reject(new Error('The engines did not start; the lines above name the cause.')))
  })
  const stop = async () => {
    child.stdin.destroy()
    await gone
  }
  interruption.signal.addEventListener('abort', stop)
  return { started, stop }
}

/** Resolves with jest's exit code. */
function runJest(node, outputFile, environment) {
  const chosen = jestArguments.some((argument) => /^(--maxWorkers|-w|--runInBand|-i)\b/.test(argument))
  const workers = chosen ? [] : ['--maxWorkers=2']
  const results = ['--json', `--outputFile=${outputFile}`]
  const child = spawn(node, [...jest, ...workers, ...results, ...jestArguments], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  })
  interruption.signal.addEventListener('abort', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}

function resultsIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function report({ engines, missing }, jestCode, results) {
  const say = (line) => process.stdout.write(`${line}\n`)
  const notRun = (results?.testResults ?? [])
    .flatMap((file) => file.assertionResults)
    .filter((spec) => spec.status === 'pending' && spec.fullName.includes('[not run: no '))
  say('')
  for (const { name, origin } of engines) say(`Ran against ${name}: ${origin}`)
  for (const { name, why } of missing) say(`No ${name}: ${why}`)
  if (notRun.length > 0) say('Not run for lack of an engine:')
  for (const { fullName } of notRun) say(`  ${fullName}`)
  if (interruption.signal.aborted) say(`Interrupted by ${interruption.signal.reason}.`)
  const incomplete = process.env.CI === 'true' && missing.length + notRun.length > 0
  if (incomplete) say('With CI=true every engine is required: this run fails.')
  if (results !== undefined) say(summaryLine(results))
  return incomplete || interruption.signal.aborted ? jestCode || 1 : jestCode
}

/** A file that could not even be loaded counts as one failure. */
function summaryLine(results) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
  return `${results.numPassedTests} passed, ${failed} failed, ${results.numPendingTests + results.numTodoTests} skipped`
}
