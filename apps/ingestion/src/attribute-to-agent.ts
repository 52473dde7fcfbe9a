import { isObject } from '@portitor/metering'
import type { ReceivedEvent } from './decode-events.ts'

const field = 'data.agent_id'

/**
 * What the credential of an agent reports is that agent's own use (I-6), or it could spend in the name of another, or of
 * nobody: an event that names no agent is of the one that calls, one that names another is rejected, each alone (M-6). Its
 * sub-agents are others too: who they are, the credential does not say. What is no text stays, to be rejected as malformed.
 */
export function attributeToAgent(events: readonly ReceivedEvent[], agentId: string): readonly ReceivedEvent[] {
  return events.map((received) => {
    const { raw, rejected, nameOf } = received
    if (rejected !== undefined || !isObject(raw)) return received
    const { data } = raw
    if (!isObject(data)) return received
    const named = data['agent_id']
    if (named === agentId || (named !== undefined && typeof named !== 'string')) return received
    if (named !== undefined && named !== '' && named.toLowerCase() !== agentId) {
      const detail = `expected no agent or ${agentId}, the agent that reports it`
      return { raw, rejected: { code: 'agent.not_own', field: nameOf?.(field) ?? field, detail } }
    }
    return { ...received, raw: { ...raw, data: { ...data, agent_id: agentId } } }
  })
}
