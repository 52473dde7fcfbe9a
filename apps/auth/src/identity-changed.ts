import type { OutgoingMessage } from '@portitor/bus'
import { IDENTITY_PARTITION, type IdentityChanged, identityChangedTopic, identityKey } from '@portitor/contracts'

/** All identity records lie in one partition, so that a heartbeat speaks for everything before it (I-3). */
export function identityMessage(changed: IdentityChanged): OutgoingMessage {
  return {
    topic: identityChangedTopic,
    key: identityKey(changed),
    partition: IDENTITY_PARTITION,
    value: JSON.stringify(changed),
  }
}

export const userChanged = (id: string): IdentityChanged => ({ kind: 'user', user: { id } })
export const roleChanged = (id: string): IdentityChanged => ({ kind: 'role', role: { id } })
