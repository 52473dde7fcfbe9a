import { createRequire } from 'node:module'

interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

let resting = false

/**
 * Once it has sent a request, kafkajs looks at that connection's queue every millisecond for ever, empty or not: with a few
 * connections 3 % of a processor for a service that does nothing. Now a queue is looked at only while something waits in
 * it; whoever puts something there asks for the look. (Its waits were negative times, too, of which Node warns.)
 */
export function restIdleQueues(): void {
  if (resting) return
  resting = true
  const require = createRequire(import.meta.url)
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  const look = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) look.call(this)
  }
}
