import type { Bus } from '@portitor/bus'
import { introspectionSchema } from '@portitor/contracts'
import { type AskAuth, Guard, IdentityFollower, type RefusedScope } from '@portitor/identity'
import type { Log } from './log.ts'
import type { Peers } from './peers.ts'
import { RefusedScopesJob } from './refused-scopes.job.ts'

/**
 * How long `auth` may take to say what a credential is good for. Whoever calls waits for it before anything else, and is
 * told within 2 s that it cannot be said. What `auth` has begun goes on there, so the next question finds it done.
 */
const answerMsMax = 1_900

/** What a service knows of callers: the follower of `identity.changed`, and the guard that forgets by it. */
export interface Identity {
  readonly follower: IdentityFollower
  readonly guard: Guard
  start(): Promise<void>
  close(): Promise<void>
}

/** `peers` is asked for late: it calls through the server that the guard stands before. */
export function createIdentity(options: {
  name: string
  operatorKey: string
  bus: Pick<Bus, 'follow' | 'append'>
  log: Log
  peers: () => Peers
}): Identity {
  const { name, operatorKey, bus, log } = options
  const now = Date.now
  const follower = new IdentityFollower({
    now,
    failed: (err, { partition, offset }) =>
      log.error({ err, partition, offset: String(offset) }, 'a record of identity.changed cannot be read'),
  })
  const refusals = new RefusedScopesJob(name, bus, log)
  const scopeRefused = (refused: RefusedScope) => refusals.refused(refused)
  const guard = new Guard({ operatorKey, follower, askAuth: askPeer(options.peers), now, scopeRefused })
  return {
    follower,
    guard,
    start: async () => {
      await follower.start(bus, `${name}-identity`)
      refusals.start()
    },
    close: async () => {
      await refusals.close()
      await follower.close()
    },
  }
}

/** `auth` answers 200 for good and bad credentials alike; anything else is no answer. */
function askPeer(peers: () => Peers): AskAuth {
  return async (question) => {
    const { status, body } = await peers().post<unknown>('auth', '/api/v1/auth/introspect', question, answerMsMax)
    if (status !== 200) throw new Error(`auth answered ${status}`)
    return introspectionSchema.parse(body)
  }
}
