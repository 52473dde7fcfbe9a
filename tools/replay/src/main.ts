import { PortitorProblem, reportText } from '@portitor/workload'
import { TraceProblem } from './lines.ts'
import { help, parseArguments, type ReplayArguments } from './parse-arguments.ts'
import { openTrace } from './read-trace.ts'
import { replayTrace } from './replay-trace.ts'
import { startTemporarySystem } from './temporary-system.ts'

const interruption = new AbortController()
// Ctrl-C reaches us twice, from the terminal and through npm; the second must not cut the cleaning up short.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => interruption.abort(new Error(`Interrupted by ${name}.`)))
const interrupted = new Promise<never>((_, reject) => {
  interruption.signal.addEventListener('abort', () => reject(interruption.signal.reason as Error))
})
// Only those who wait for it shall hear of it.
interrupted.catch(() => undefined)

const say = (text: string) => void process.stderr.write(`${text}\n`)
process.exitCode = await main()
// A request that is still under way after an interruption keeps nothing alive.
if (interruption.signal.aborted) process.exit()

async function main(): Promise<number> {
  const given = parseArguments(process.argv.slice(2), process.env)
  if ('help' in given) {
    process.stdout.write(help)
    return 0
  }
  if ('problem' in given) {
    say(`${given.problem}\n\nnpm run replay -- --help shows all options.`)
    return 2
  }
  try {
    return await run(given.run)
  } catch (error) {
    const foreseen = error instanceof TraceProblem || error instanceof PortitorProblem || interruption.signal.aborted
    say(foreseen ? (error as Error).message : String((error as Error).stack ?? error))
    return 1
  }
}

async function run({ trace: file, json, system, ...options }: ReplayArguments): Promise<number> {
  // Before a system is started: a faulty file needs none.
  const trace = await openTrace(file)
  if (system === undefined) say('Starting a temporary system (PORTITOR_URL names a running one) …')
  const temporary = system === undefined ? await startTemporarySystem(interruption.signal) : undefined
  try {
    const replay = replayTrace(trace, { ...options, system: (system ?? temporary)!, log: say })
    const report = await Promise.race([replay, interrupted])
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${reportText(report)}\n`)
    return report.reconciled ? 0 : 1
  } finally {
    await temporary?.stop()
  }
}
