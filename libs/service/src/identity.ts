import type { Bus } from '@portitor/bus'
import { introspectionSchema } from '@portitor/contracts'
import { type AskAuth, Guard, IdentityFollower } from '@portitor/identity'
import type { Log } from './log.ts'
import type { Peers } from './peers.ts'

/**
 * How long `auth` may take to say what a credential is good for. Whoever calls waits for it before anything else, and is
 * told within 2 s that it cannot be said. What `auth` has begun goes on there, so the next question finds it done.
 */
const answerMsMax = 1_900

/** What a service knows of callers: the follower of `identity.changed`, and the guard that forgets by it. */
export interface Identity {
  readonly follower: IdentityFollower
  readonly guard: Guard
  start(bus: Pick<Bus, 'follow'>): Promise<void>
}

/** `peers` is asked for late: it calls through the server that the guard stands before. */
export function createIdentity(options: { name: string; operatorKey: string; log: Log; peers: () => Peers }): Identity {
  const { name, operatorKey, log } = options
  const now = Date.now
  const follower = new IdentityFollower({
    now,
    failed: (err, { partition, offset }) =>
      log.error({ err, partition, offset: String(offset) }, 'a record of identity.changed cannot be read'),
  })
  const guard = new Guard({ operatorKey, follower, askAuth: askPeer(options.peers), now })
  return { follower, guard, start: (bus) => follower.start(bus, `${name}-identity`) }
}

/** `auth` answers 200 for good and bad credentials alike; anything else is no answer. */
function askPeer(peers: () => Peers): AskAuth {
  return async (question) => {
    const { status, body } = await peers().post<unknown>('auth', '/api/v1/auth/introspect', question, answerMsMax)
    if (status !== 200) throw new Error(`auth answered ${status}`)
    return introspectionSchema.parse(body)
  }
}
