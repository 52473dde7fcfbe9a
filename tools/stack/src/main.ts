import { engineNames, type EngineName } from './engine.ts'
import { sweepAbandoned } from './scratch.ts'
import { describeMissing, startStack } from './stack.ts'

/**
 * Starts the engines named as arguments (all where none is), prints their addresses as shell exports, and stays until
 * it is interrupted or, with `--while-stdin`, until its standard input closes: so they end with whoever started them,
 * however that ends. `--json` prints one line `{engines, missing, environment}` instead. `--sweep` starts nothing: it only
 * ends what runs left that were killed, as the next start would.
 */
const args = process.argv.slice(2)
const asked = args.filter((arg): arg is EngineName => engineNames.some((name) => name === arg))
const log = (line: string) => process.stderr.write(`${line}\n`)

if (args.includes('--sweep')) {
  sweepAbandoned(log)
  process.exit()
}
if (args.includes('--while-stdin')) process.stdin.resume().once('close', () => process.kill(process.pid, 'SIGTERM'))
else setInterval(() => undefined, 2 ** 30)

try {
  const stack = await startStack({ engines: asked.length > 0 ? asked : engineNames, log })
  if (args.includes('--json')) {
    const engines = stack.engines.map(({ name, origin, pid }) => ({ name, origin, pid }))
    const missing = stack.missing.map((lack) => ({ name: lack.name, why: describeMissing(lack) }))
    process.stdout.write(`${JSON.stringify({ engines, missing, environment: stack.environment })}\n`)
  } else {
    for (const [name, url] of Object.entries(stack.environment)) process.stdout.write(`export ${name}=${url}\n`)
    for (const lack of stack.missing) log(`No ${lack.name}: ${describeMissing(lack)}`)
    log('Running; Ctrl-C stops them.')
  }
} catch (error) {
  log(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
