import type { Budget } from '@portitor/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity({ schema: 'auth', name: 'budgets' })
export class BudgetRow {
  @PrimaryColumn('uuid')
  id!: string

  @Column('uuid', { name: 'workspace_id' })
  workspaceId!: string

  @Column('uuid', { name: 'agent_id' })
  agentId!: string

  @Column('text')
  period!: Budget['period']

  @Column('bigint', { name: 'token_limit', nullable: true })
  tokenLimit!: bigint | null

  @Column('bigint', { name: 'amount_limit_nanos', nullable: true })
  amountLimitNanos!: bigint | null

  @Column('text', { nullable: true })
  currency!: string | null

  @Column('boolean', { name: 'hard_cap' })
  hardCap!: boolean

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}

export function toBudget(row: BudgetRow): Budget {
  return {
    id: row.id,
    agent_id: row.agentId,
    period: row.period,
    token_limit: row.tokenLimit === null ? null : Number(row.tokenLimit),
    amount_limit_nanos: row.amountLimitNanos === null ? null : String(row.amountLimitNanos),
    currency: row.currency,
    hard_cap: row.hardCap,
    created_at: row.createdAt.toISOString(),
  }
}
