import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureInstalled, root } from './install.mjs'

/*
 * `npm run check`: everything about the sources that can be judged without running them. Every step blocks; a step that
 * fails shows what its program said and one sentence on what to do. Plain Node ≥ 20 without dependencies.
 */
const help = `npm run check [-- options] [step …]

Judges the sources without running them, two steps at a time, and fails if one of them does:

  types         sources and specs type-check and build (tsc -b)
  lint          type-aware lint, with the house's own rules on money (oxlint)
  architecture  who may import whom, no cycles (dependency-cruiser)
  dead-code     no unused file, export or dependency (knip)
  format        one formatter (prettier)
  house         every project has its files, no folder is a drawer for odds and ends

  --json   the result as one JSON object {ok, steps}, the last line of stdout; all else goes to stderr
  --help   this text
`

const stepsAtOnceMax = 2
const stepMsMax = 300_000

/** The longest first. */
const steps = [
  {
    name: 'types',
    program: ['typescript/bin/tsc', '-b'],
    remedy: 'Fix the types: the first message of a library often explains those of the apps above it.',
  },
  {
    name: 'lint',
    program: ['oxlint/bin/oxlint', '.'],
    remedy: 'Fix what the rules name; .oxlintrc.json says why they exist. Some repair themselves: npx oxlint --fix.',
  },
  {
    name: 'format',
    program: [
      'prettier/bin/prettier.cjs',
      '--check',
      '--cache',
      '--cache-location=.nx/prettier',
      '--log-level=warn',
      '.',
    ],
    remedy: 'Run npm run format.',
  },
  {
    name: 'dead-code',
    program: ['knip/bin/knip.js', '--no-progress', '--no-config-hints'],
    remedy:
      'Delete what nothing uses, or its `export`; for a dependency its line in package.json, then run npm install.',
  },
  {
    name: 'architecture',
    program: ['dependency-cruiser/bin/dependency-cruiser.mjs', '--output-type', 'err-long', 'apps', 'libs', 'tools'],
    remedy: 'Turn the import around: the directions stand in docs/architecture.md and .dependency-cruiser.mjs.',
  },
  {
    name: 'house',
    program: ['../tools/check/house-rules.mjs'],
    remedy: 'CONTRIBUTING.md shows what a project consists of.',
  },
]

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

async function main(args) {
  const options = { json: { type: 'boolean' }, help: { type: 'boolean' } }
  const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals: true })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const node = ensureInstalled()
  const out = values.json ? process.stderr : process.stdout
  const began = performance.now()
  const results = await runAll(node, chosenSteps(positionals), (result) => out.write(describe(result)))
  const failed = results.filter((result) => !result.ok)
  out.write(`${closing(results, failed)} in ${seconds(performance.now() - began)}\n`)
  if (values.json) process.stdout.write(`${JSON.stringify({ ok: failed.length === 0, steps: results.map(forJson) })}\n`)
  return failed.length === 0 ? 0 : 1
}

function chosenSteps(names) {
  for (const name of names)
    if (!steps.some((step) => step.name === name))
      throw new Error(`There is no step ${name}: choose from ${steps.map((step) => step.name).join(', ')}`)
  return names.length === 0 ? steps : steps.filter((step) => names.includes(step.name))
}

/** Resolves with one result per step, in their order; `tell` hears each as it ends. */
async function runAll(node, chosen, tell) {
  const results = []
  const waiting = chosen.entries()
  const worker = async () => {
    for (const [index, step] of waiting) {
      results[index] = await run(node, step)
      tell(results[index])
    }
  }
  await Promise.all(Array.from({ length: stepsAtOnceMax }, worker))
  return results
}

function run(node, { name, program: [file, ...args], remedy }) {
  const began = performance.now()
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, 'node_modules', file), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...colour },
    timeout: stepMsMax,
    killSignal: 'SIGKILL',
  })
  const said = []
  child.stdout.on('data', (chunk) => said.push(chunk))
  child.stderr.on('data', (chunk) => said.push(chunk))
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`Node could not be run (${error.message}): npm ci installs it`)))
    child.once('close', (code, signal) => {
      const ms = Math.round(performance.now() - began)
      const ending = signal === null ? '' : `\nended by ${signal} after ${seconds(ms)}`
      resolve({ name, ok: code === 0, ms, remedy, output: `${Buffer.concat(said)}${ending}`.trim() })
    })
  })
}

function describe({ name, ok, ms, remedy, output }) {
  const line = `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(12)} ${seconds(ms)}\n`
  return ok ? line : `\n${output}\n\n${line}     → ${remedy}\n\n`
}

function closing(results, failed) {
  if (failed.length === 0) return `All ${results.length} steps are fine`
  return `${failed.length} of ${results.length} steps failed (${failed.map(({ name }) => name).join(', ')})`
}

function forJson({ name, ok, ms, remedy, output }) {
  return ok ? { name, ok, ms } : { name, ok, ms, remedy, output }
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}
