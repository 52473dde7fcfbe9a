import { Controller, Delete, Get, Inject, Post } from '@nestjs/common'
import {
  type Budget,
  type BudgetPath,
  budgetPathSchema,
  createBudgetSchema,
  type IdPath,
  idPathSchema,
  type PageQuery,
  pageQuerySchema,
} from '@portitor/contracts'
import { Caller, Path, Query } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { workspaceOf } from '../changes/act-as.ts'
import { requireBelow, requireNotRevoked, requirePeople } from './agent-rights.ts'
import { AgentsStore } from './agents.store.ts'
import { type BudgetRow, toBudget } from './budget.row.ts'
import { BudgetsStore } from './budgets.store.ts'
import { Call } from '../changes/call.decorator.ts'
import { ChangesStore } from '../changes/changes.store.ts'
import { afterId, type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'

/** Ceilings for what an agent uses in a period: stored and served here, enforced by the gate. */
@Controller('api/v1/agents/:id/budgets')
export class BudgetsController {
  constructor(
    @Inject(AgentsStore) readonly agents: AgentsStore,
    @Inject(BudgetsStore) readonly budgets: BudgetsStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
  ) {}

  @Get()
  async list(
    @Caller() caller: Caller,
    @Path(idPathSchema) { id }: IdPath,
    @Query(pageQuerySchema) { cursor, limit }: PageQuery,
  ): Promise<Page<Budget>> {
    const workspaceId = workspaceOf(caller)
    const after = afterId(cursor)
    const rows = await this.changes.read(workspaceId, async (tx) => {
      found('agent', await this.agents.find(tx, workspaceId, id))
      return this.budgets.page(tx, { workspaceId, agentId: id }, after, limit + 1)
    })
    return toPage(rows, limit, (row) => row.id, toBudget)
  }

  @Post()
  async create(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<Budget> {
    const workspaceId = workspaceOf(call.caller)
    found('agent', await this.changes.read(workspaceId, (rows) => this.agents.find(rows, workspaceId, id)))
    const body = call.body(createBudgetSchema)
    const undertaking = { workspaceId, action: 'budget.created', target: `agent:${id}`, creates: body }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        const chain = await this.agents.chain(rows, workspaceId, id)
        const agent = found('agent', chain[0])
        requireBelow(call.caller, chain, 'not')
        requireNotRevoked(agent)
        const row: BudgetRow = {
          id: uuidv7(),
          workspaceId,
          agentId: agent.id,
          period: body.period,
          tokenLimit: body.token_limit === undefined ? null : BigInt(body.token_limit),
          amountLimitNanos: body.amount_limit_nanos === undefined ? null : BigInt(body.amount_limit_nanos),
          currency: body.currency ?? null,
          hardCap: body.hard_cap,
          createdAt: call.at,
        }
        await this.budgets.insert(rows, row)
        const answer = toBudget(row)
        return { answer, target: `budget:${row.id}`, after: answer, changed: [] }
      }),
    )
  }

  @Delete(':budget_id')
  async remove(@Call() call: Call, @Path(budgetPathSchema) path: BudgetPath): Promise<Budget> {
    const workspaceId = workspaceOf(call.caller)
    const target = `budget:${path.budget_id}`
    return call.answer(
      await this.changes.commit(call, { workspaceId, action: 'budget.removed', target }, async (rows) => {
        const chain = await this.agents.chain(rows, workspaceId, path.id)
        found('agent', chain[0])
        const row = found('budget', await this.budgets.find(rows, { workspaceId, agentId: path.id }, path.budget_id))
        requireBelow(call.caller, chain, 'not')
        requirePeople(call.caller)
        found('budget', (await this.budgets.remove(rows, row)) ? row : undefined)
        const answer = toBudget(row)
        return { answer, target, before: answer, changed: [] }
      }),
    )
  }
}
