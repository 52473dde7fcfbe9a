import { setTimeout as sleep } from 'node:timers/promises'
import type { DistributedSystem } from '@portitor/stack'
import kafkajs from 'kafkajs'

const TOPIC = 'portitor.identity.changed.v1'
/** No API says when every process has heard of a workspace; a reader that has joined does within milliseconds. */
const HEARD_MS_MAX = 4_000

/** Tells the services that these workspaces exist, as `auth` does: ingestion takes events for no other. */
export async function announceWorkspaces(system: DistributedSystem, ids: readonly string[]): Promise<void> {
  const brokers = system.stack.engine('kafka').url.split(',')
  const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer()
  await producer.connect()
  const messages = ids.map((id) => ({
    key: id,
    partition: 0,
    value: JSON.stringify({
      kind: 'workspace',
      workspace: { id, name: id, status: 'active', created_at: new Date().toISOString() },
    }),
  }))
  await producer.send({ topic: TOPIC, messages, acks: -1 })
  await producer.disconnect()
  await sleep(HEARD_MS_MAX)
}
