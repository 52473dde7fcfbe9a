import 'reflect-metadata'
import { readFlags, readStandaloneConfig } from './config.ts'
import { runStandalone } from './run-standalone.ts'
import { stopSignal } from './stop-signal.ts'

try {
  process.exitCode = await runStandalone(readFlags(process.argv.slice(2)), readStandaloneConfig(), stopSignal())
} catch (error) {
  process.stderr.write(`${textOf(error)}\n`)
  process.exitCode = 1
}
// Whatever still holds the event loop has been told to close and has no more say.
process.exit()

/** One line where one is enough: what went wrong, and what then went wrong in closing. */
function textOf(error: unknown): string {
  if (error instanceof SuppressedError) return `${textOf(error.suppressed)}\nand in closing: ${textOf(error.error)}`
  if (error instanceof AggregateError && error.message === '') return error.errors.map(textOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
