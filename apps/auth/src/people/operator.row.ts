import type { Operator } from '@portitor/contracts'
import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { UserRow } from './user.row.ts'

/** Somebody of the operator's staff. */
@Entity({ schema: 'auth', name: 'operators' })
export class OperatorRow {
  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date
}

export function toOperator(row: OperatorRow, user: UserRow): Operator {
  return { user_id: row.userId, email: user.email, name: user.name, created_at: row.createdAt.toISOString() }
}
