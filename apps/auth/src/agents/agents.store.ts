import { Injectable } from '@nestjs/common'
import type { Agent } from '@portitor/contracts'
import { type EntityManager, LessThan } from 'typeorm'
import { AgentRow } from './agent.row.ts'
import type { AgentLimits } from './effective-limits.ts'

/** How deep agents stand under one another at most; nothing below is read. */
export const agentDepthMax = 8

export interface AgentInChain extends AgentLimits {
  readonly id: string
  readonly status: Agent['status']
}

export interface AgentsWanted {
  readonly status?: Agent['status'] | undefined
  readonly parentAgentId?: string | undefined
  readonly after: string | undefined
  readonly take: number
}

@Injectable()
export class AgentsStore {
  /** Newest first, from the one after `after` on. */
  async page(rows: EntityManager, workspaceId: string, wanted: AgentsWanted): Promise<AgentRow[]> {
    const { status, parentAgentId, after, take } = wanted
    const where = {
      workspaceId,
      ...(status === undefined ? {} : { status }),
      ...(parentAgentId === undefined ? {} : { parentAgentId }),
      ...(after === undefined ? {} : { id: LessThan(after) }),
    }
    return rows.find(AgentRow, { where, order: { id: 'DESC' }, take })
  }

  async find(rows: EntityManager, workspaceId: string, id: string): Promise<AgentRow | null> {
    return rows.findOneBy(AgentRow, { workspaceId, id })
  }

  /** Held until the commit, so that two changes of its state follow one another. */
  async findForChange(rows: EntityManager, workspaceId: string, id: string): Promise<AgentRow | null> {
    return rows.findOne(AgentRow, { where: { workspaceId, id }, lock: { mode: 'pessimistic_write' } })
  }

  /** The agent and those above it, the nearest first; empty where there is none of this id. */
  async chain(rows: EntityManager, workspaceId: string, id: string | null): Promise<readonly AgentInChain[]> {
    return rows.query(
      `with recursive chain as (
         select a.*, 1 as depth from auth.agents a where a.workspace_id = $1 and a.id = $2
         union all
         select p.*, c.depth + 1 from auth.agents p
         join chain c on p.id = c.parent_agent_id and p.workspace_id = $1 where c.depth < $3
       )
       select id, status, allowed_models, allowed_tools, allowed_workflows, scopes from chain order by depth`,
      [workspaceId, id, agentDepthMax],
    )
  }

  async insert(rows: EntityManager, agent: AgentRow): Promise<void> {
    await rows.insert(AgentRow, agent)
  }

  async update(rows: EntityManager, { id, workspaceId }: AgentRow, changed: Partial<AgentRow>): Promise<void> {
    await rows.update(AgentRow, { id, workspaceId }, changed)
  }
}
