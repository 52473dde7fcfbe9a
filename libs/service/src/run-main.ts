/**
 * Runs a process from start to signal: the first SIGTERM or SIGINT closes it gracefully (what is still starting, once it has
 * started), a second one ends it at once. A start or a close that fails prints what is wrong and what to do, and exits 1.
 */
export function runMain(start: () => Promise<{ close(): Promise<void> }>): void {
  // Deferred, so that the first thing a start does already finds the signals handled.
  const starting = Promise.resolve().then(start)
  starting.catch(fail)
  let stopping = false
  const stop = () => {
    if (stopping) process.exit(1)
    stopping = true
    starting.then((service) => service.close()).then(() => process.exit(0), fail)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function fail(error: unknown): never {
  process.stderr.write(`${textOf(error)}\n`)
  process.exit(1)
}

/** A refused connection to a name with several addresses is an AggregateError without a message of its own. */
function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(textOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
