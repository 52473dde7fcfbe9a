/** A terminal, npm and tools/start.mjs each pass on the same Ctrl-C: what follows within this time is still the first. */
const repeatMsMin = 1_000
/** Requests drain for 15 s, PostgreSQL checkpoints for 30 s at most; what takes longer than all of it hangs. */
const shutdownMsMax = 90_000

/**
 * Aborts at the first SIGINT, SIGTERM or SIGHUP. A second one later on ends the process at once, for whoever does not want
 * to wait, and so does a shutdown that hangs: a killed run loses nothing either.
 */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  let firstAtMs = 0
  const stop = (name: NodeJS.Signals) => {
    if (!stopping.signal.aborted) {
      firstAtMs = performance.now()
      setTimeout(() => process.exit(1), shutdownMsMax).unref()
      stopping.abort(name)
    } else if (performance.now() - firstAtMs > repeatMsMin) process.exit(1)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  return stopping.signal
}
