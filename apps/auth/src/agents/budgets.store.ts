import { Injectable } from '@nestjs/common'
import { type EntityManager, LessThan } from 'typeorm'
import { BudgetRow } from './budget.row.ts'

interface BudgetHolder {
  readonly workspaceId: string
  readonly agentId: string
}

@Injectable()
export class BudgetsStore {
  /** Newest first, from the one after `after` on. */
  async page(rows: EntityManager, holder: BudgetHolder, after: string | undefined, take: number): Promise<BudgetRow[]> {
    const { workspaceId, agentId } = holder
    const where = { workspaceId, agentId, ...(after === undefined ? {} : { id: LessThan(after) }) }
    return rows.find(BudgetRow, { where, order: { id: 'DESC' }, take })
  }

  async find(rows: EntityManager, { workspaceId, agentId }: BudgetHolder, id: string): Promise<BudgetRow | null> {
    return rows.findOneBy(BudgetRow, { workspaceId, agentId, id })
  }

  async insert(rows: EntityManager, budget: BudgetRow): Promise<void> {
    await rows.insert(BudgetRow, budget)
  }

  /** False where somebody else was faster. */
  async remove(rows: EntityManager, { workspaceId, id }: BudgetRow): Promise<boolean> {
    const { affected } = await rows.delete(BudgetRow, { workspaceId, id })
    return affected === 1
  }
}
