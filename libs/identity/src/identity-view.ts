import type { AgentStatus, IdentityChanged, Workspace } from '@portitor/contracts'

/** More than a deployment has; beyond it the oldest goes, and services ask `auth` again. */
const workspacesMax = 1_000_000
const agentsMax = 100_000

/** What services want to know of others without asking: which workspaces there are, and which agents may not act. */
export class IdentityView {
  readonly #workspaces = new Map<string, Workspace['status']>()
  readonly #agents = new Map<string, { readonly workspaceId: string; readonly status: AgentStatus }>()

  apply(changed: IdentityChanged): void {
    if (changed.kind === 'workspace') {
      const { id, status } = changed.workspace
      keep(this.#workspaces, id.toLowerCase(), status, workspacesMax)
    } else if (changed.kind === 'agent') {
      const { id, workspace_id, status } = changed.agent
      if (status === 'active') this.#agents.delete(id.toLowerCase())
      else keep(this.#agents, id.toLowerCase(), { workspaceId: workspace_id.toLowerCase(), status }, agentsMax)
    }
  }

  /** Undefined: not heard of, which does not mean that there is none. */
  workspaceStatus(id: string): Workspace['status'] | undefined {
    return this.#workspaces.get(id)
  }

  /** What an agent of this workspace is, unless it is active or unknown. An id of another workspace says nothing. */
  agentStatus(workspaceId: string, agentId: string): AgentStatus | undefined {
    const agent = this.#agents.get(agentId.toLowerCase())
    return agent?.workspaceId === workspaceId ? agent.status : undefined
  }
}

/** The one changed last stands last, so what goes first is what has not changed for longest. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value, max: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > max) map.delete(map.keys().next().value!)
}
