import { createRequire } from 'node:module'
import { restIdleQueues } from './rest-idle-queues.ts'

interface Queue {
  readonly pending: object[]
  readonly inflight: Map<number, object>
  throttleCheckTimeoutId: object | null
  checkPendingRequests(): void
  destroy(): void
}
type Options = { maxInFlightRequests: number; requestTimeout: number; clientId: string; broker: string; logger: object }

describe('the queue of a connection to Kafka', () => {
  const require = createRequire(import.meta.url)
  const open = () => {
    const RequestQueue = require('kafkajs/src/network/requestQueue') as new (options: Options) => Queue
    const logger = { namespace: () => ({ debug: () => undefined }) }
    return new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1_000, clientId: 'c', broker: 'b', logger })
  }

  it('waits without a timer while it is empty, and with one while something waits in it', () => {
    restIdleQueues()
    const queue = open()
    queue.checkPendingRequests()
    expect(queue.throttleCheckTimeoutId).toBeNull()
    queue.inflight.set(1, {})
    queue.pending.push({})
    queue.checkPendingRequests()
    expect(queue.throttleCheckTimeoutId).not.toBeNull()
    queue.destroy()
  })
})
