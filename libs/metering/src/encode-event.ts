import type { AgentStatus } from '@portitor/contracts'
import { isStamp } from './canonical.ts'
import { quote } from './json-text.ts'
import { agentStatusAttribute, receivedAttribute } from './judge-envelope.ts'
import type { UsageEvent } from './judge-event.ts'

/**
 * An accepted event as structured JSON for the log: what the client sent, plus `subject` (the workspace that pays), the
 * time of receipt as RFC 3339 text, and what the agent is where it is not active. Reading it back gives the same payload hash.
 */
export function encodeEvent(event: UsageEvent, receivedAt: string, agentStatus?: AgentStatus): string {
  const { said, aside, asSent } = event.canonical
  const flag = agentStatus === undefined ? '' : `,"${agentStatusAttribute}":"${agentStatus}"`
  const stamps = `"subject":"${event.workspaceId}","${receivedAttribute}":${quote(receivedAt)}${flag}`
  if (asSent) return `${said.slice(0, -1)}${aside},${stamps}}`
  const own = Object.entries(event.raw).filter(
    ([name, value]) => value !== null && name !== 'subject' && !isStamp(name),
  )
  return `${JSON.stringify(Object.fromEntries(own)).slice(0, -1)},${stamps}}`
}

/** Several encoded events as the value of one record. */
export function encodeBatch(events: readonly string[]): string {
  return `[${events.join(',')}]`
}
