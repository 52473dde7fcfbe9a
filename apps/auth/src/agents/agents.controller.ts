import { Controller, Get, HttpCode, Inject, Patch, Post } from '@nestjs/common'
import {
  type Agent,
  createAgentSchema,
  type IdPath,
  idPathSchema,
  type ListAgentsQuery,
  listAgentsQuerySchema,
  patchAgentSchema,
} from '@portitor/contracts'
import { Caller, Path, ProblemException, Query } from '@portitor/service'
import type { EntityManager } from 'typeorm'
import { v7 as uuidv7 } from 'uuid'
import { workspaceOf } from '../changes/act-as.ts'
import { agentFields } from './agent-fields.ts'
import {
  parentFor,
  requireBelow,
  requireMayWiden,
  requireNotRevoked,
  requirePeople,
  requireRoomBelow,
  requireWithinParents,
} from './agent-rights.ts'
import { requireOwnScopes } from '../changes/refused-grant.ts'
import { type AgentRow, toAgent } from './agent.row.ts'
import { AgentsStore } from './agents.store.ts'
import { Call } from '../changes/call.decorator.ts'
import { ChangesStore } from '../changes/changes.store.ts'
import { afterId, type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'
import { agentChanged } from '../changes/identity-changed.ts'
import { MembersStore } from '../people/members.store.ts'
import { type AgentStep, nextAgentStatus } from '../changes/next-status.ts'
import { rowWith } from '../changes/row-with.ts'

/** Agents and their lifecycle (I-6, I-7). */
@Controller('api/v1/agents')
export class AgentsController {
  constructor(
    @Inject(AgentsStore) readonly agents: AgentsStore,
    @Inject(MembersStore) readonly members: MembersStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
  ) {}

  @Get()
  async list(@Caller() caller: Caller, @Query(listAgentsQuerySchema) query: ListAgentsQuery): Promise<Page<Agent>> {
    const workspaceId = workspaceOf(caller)
    const { status, parent_agent_id: parentAgentId, cursor, limit } = query
    const wanted = { status, parentAgentId, after: afterId(cursor), take: limit + 1 }
    const rows = await this.changes.read(workspaceId, (tx) => this.agents.page(tx, workspaceId, wanted))
    return toPage(rows, limit, ({ id }) => id, toAgent)
  }

  @Get(':id')
  async read(@Caller() caller: Caller, @Path(idPathSchema) { id }: IdPath): Promise<Agent> {
    return toAgent(await this.#find(workspaceOf(caller), id))
  }

  @Post()
  async create(@Call() call: Call): Promise<Agent> {
    const workspaceId = workspaceOf(call.caller)
    const body = call.body(createAgentSchema)
    return call.answer(
      await this.changes.commit(call, { workspaceId, action: 'agent.created', creates: body }, async (rows) => {
        const parentAgentId = parentFor(call.caller, body.parent_agent_id)
        const parents = await this.agents.chain(rows, workspaceId, parentAgentId)
        if (parentAgentId !== null) found('agent', parents[0], parentAgentId)
        requireRoomBelow(parents)
        requireWithinParents(body, parents)
        if (body.scopes != null) requireOwnScopes(call.caller, body.scopes)
        await this.#requireOwner(rows, workspaceId, body.owner_user_id)
        const row: AgentRow = {
          ...agentFields(body),
          id: uuidv7(),
          workspaceId,
          parentAgentId,
          name: body.name,
          status: 'active',
          createdAt: call.at,
        }
        await this.agents.insert(rows, row)
        return changeOf(undefined, row)
      }),
    )
  }

  @Patch(':id')
  async change(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Agent> {
    const workspaceId = workspaceOf(call.caller)
    await this.#find(workspaceId, id)
    const body = call.body(patchAgentSchema)
    return call.answer(
      await this.changes.commit(call, { workspaceId, action: 'agent.changed', target: `agent:${id}` }, async (rows) => {
        const row = found('agent', await this.agents.findForChange(rows, workspaceId, id))
        const chain = await this.agents.chain(rows, workspaceId, id)
        requireBelow(call.caller, chain, 'not')
        requireNotRevoked(row)
        requireWithinParents(body, chain.slice(1))
        await this.#requireOwner(rows, workspaceId, body.owner_user_id)
        const fields = agentFields({ ...toAgent(row), ...body })
        const changed = rowWith(row, { ...fields, name: body.name ?? row.name })
        requireMayWiden(call.caller, toAgent(row), toAgent(changed))
        await this.agents.update(rows, row, changed)
        return changeOf(row, changed)
      }),
    )
  }

  @Post(':id/suspend')
  @HttpCode(200)
  async suspend(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Agent> {
    return this.#take('suspend', 'agent.suspended', call, id)
  }

  @Post(':id/reinstate')
  @HttpCode(200)
  async reinstate(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Agent> {
    return this.#take('reinstate', 'agent.reinstated', call, id)
  }

  @Post(':id/revoke')
  @HttpCode(200)
  async revoke(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Agent> {
    return this.#take('revoke', 'agent.revoked', call, id)
  }

  async #take(step: AgentStep, action: string, call: Call, id: string): Promise<Agent> {
    const workspaceId = workspaceOf(call.caller)
    const undertaking = { workspaceId, action, target: `agent:${id}` }
    const { answer } = await this.changes.commit(call, undertaking, async (rows) => {
      const row = found('agent', await this.agents.findForChange(rows, workspaceId, id))
      requireBelow(call.caller, await this.agents.chain(rows, workspaceId, id), 'not')
      if (step === 'reinstate') requirePeople(call.caller)
      const status = nextAgentStatus(step, row.status)
      if (status === undefined)
        throw new ProblemException(409, 'agent.state', `The agent is ${row.status}: it cannot take this step.`)
      await this.agents.update(rows, row, { status })
      return changeOf(row, rowWith(row, { status }))
    })
    return answer
  }

  async #find(workspaceId: string, id: string): Promise<AgentRow> {
    return found('agent', await this.changes.read(workspaceId, (rows) => this.agents.find(rows, workspaceId, id)))
  }

  /** Who answers for an agent is a member of its workspace. */
  async #requireOwner(rows: EntityManager, workspaceId: string, userId: string | null | undefined): Promise<void> {
    if (userId != null) found('member', await this.members.find(rows, workspaceId, userId), userId)
  }
}

function changeOf(was: AgentRow | undefined, is: AgentRow) {
  const answer = toAgent(is)
  return {
    answer,
    target: `agent:${is.id}`,
    ...(was === undefined ? {} : { before: toAgent(was) }),
    after: answer,
    changed: [agentChanged(is)],
  }
}
