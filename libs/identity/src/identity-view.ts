import type { AgentStatus, IdentityChanged, Workspace } from '@portitor/contracts'

/** More than a deployment has; beyond it the oldest goes, and services ask `auth` again. */
const workspacesMax = 1_000_000
const agentsMax = 100_000
/** Agents above one another, itself included: `auth` makes no longer chain. */
const levelsMax = 8

interface InactiveAgent {
  readonly workspaceId: string
  readonly status: AgentStatus
}

/** What services want to know of others without asking: which workspaces there are, and which agents may not act. */
export class IdentityView {
  readonly #workspaces = new Map<string, Workspace['status']>()
  readonly #inactive = new Map<string, InactiveAgent>()
  /** Of sub-agents, whatever they are themselves. Apart from the others, so that active ones push no suspended one out. */
  readonly #parents = new Map<string, string>()

  apply(changed: IdentityChanged): void {
    if (changed.kind === 'workspace') {
      const { id, status } = changed.workspace
      keep(this.#workspaces, id.toLowerCase(), status, workspacesMax)
    } else if (changed.kind === 'agent') {
      const { workspace_id, parent_agent_id, status } = changed.agent
      const id = changed.agent.id.toLowerCase()
      if (status === 'active') this.#inactive.delete(id)
      else keep(this.#inactive, id, { workspaceId: workspace_id.toLowerCase(), status }, agentsMax)
      if (parent_agent_id === null) this.#parents.delete(id)
      else keep(this.#parents, id, parent_agent_id.toLowerCase(), agentsMax)
    }
  }

  /** Undefined: not heard of, which does not mean that there is none. */
  workspaceStatus(id: string): Workspace['status'] | undefined {
    return this.#workspaces.get(id)
  }

  /**
   * What an agent of this workspace is by itself and all above it, unless they are active or unknown: revoked where one of
   * them is, else suspended where one is (I-6). An id of another workspace says nothing.
   */
  agentStatus(workspaceId: string, agentId: string): AgentStatus | undefined {
    let found: AgentStatus | undefined
    let id: string | undefined = agentId.toLowerCase()
    for (let level = 0; id !== undefined && level < levelsMax; level += 1) {
      const agent = this.#inactive.get(id)
      if (agent?.workspaceId === workspaceId) {
        if (agent.status === 'revoked') return 'revoked'
        found = agent.status
      }
      id = this.#parents.get(id)
    }
    return found
  }
}

/** The one changed last stands last, so what goes first is what has not changed for longest. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value, max: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > max) map.delete(map.keys().next().value!)
}
