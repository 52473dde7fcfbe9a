const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Calls `stop` when this process is asked to end, then ends it by that signal, unless others listen to it too and
 * decide themselves. Calls `abandon`, which must be synchronous, when it exits in any other way. Returns what undoes both.
 */
export function onInterrupt(stop: () => Promise<void>, abandon: () => void): () => void {
  const handlers = signals.map((signal) => {
    const handler = () => {
      void stop().finally(() => {
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
      })
    }
    process.once(signal, handler)
    return [signal, handler] as const
  })
  process.once('exit', abandon)
  return () => {
    process.off('exit', abandon)
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
}
