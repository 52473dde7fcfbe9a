import { setTimeout as sleep } from 'node:timers/promises'

/** Long enough for a broker on a busy machine of two cores, short enough that a hopeless start is told. */
const readyMsMax = 120_000
const attemptMsMax = 10_000
const pollIntervalMs = 100

/**
 * Calls `ready` until it stops throwing. Rejects after `readyMsMax` with the last reason, or with the error of `ended`
 * as soon as that rejects (the process is gone, so nothing will ever answer).
 */
export async function untilReady(ready: () => Promise<void>, ended: Promise<never>): Promise<void> {
  const over = new AbortController()
  try {
    await Promise.race([ended, poll(ready, over.signal)])
  } finally {
    over.abort()
  }
}

async function poll(ready: () => Promise<void>, over: AbortSignal): Promise<void> {
  const until = Date.now() + readyMsMax
  for (;;) {
    try {
      return await Promise.race([ready(), noAnswer(over)])
    } catch (error) {
      if (over.aborted) return
      if (Date.now() > until) throw new Error(`not ready after ${readyMsMax} ms`, { cause: error })
    }
    await sleep(pollIntervalMs)
  }
}

/** A client that hangs (kafkajs can) must not keep us from asking again. */
async function noAnswer(over: AbortSignal): Promise<never> {
  await sleep(attemptMsMax, undefined, { signal: over })
  throw new Error(`no answer in ${attemptMsMax} ms`)
}
