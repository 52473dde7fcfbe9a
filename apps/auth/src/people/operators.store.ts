import { Injectable } from '@nestjs/common'
import type { EntityManager } from 'typeorm'
import { OperatorRow } from './operator.row.ts'

/** The operator's staff. */
@Injectable()
export class OperatorsStore {
  /** Who joined last comes first, from the one after `after` on. */
  async page(rows: EntityManager, after: { at: Date; id: string } | undefined, take: number): Promise<OperatorRow[]> {
    const query = rows.createQueryBuilder(OperatorRow, 'operator')
    if (after !== undefined) query.where('(operator.createdAt, operator.userId) < (:at, :id)', after)
    return query.orderBy('operator.createdAt', 'DESC').addOrderBy('operator.userId', 'DESC').limit(take).getMany()
  }

  /** False where the person is of the staff already. */
  async insert(rows: EntityManager, { userId, createdAt }: OperatorRow): Promise<boolean> {
    const inserted: unknown[] = await rows.query(
      `insert into auth.operators (user_id, created_at) values ($1, $2) on conflict (user_id) do nothing returning user_id`,
      [userId, createdAt],
    )
    return inserted.length > 0
  }

  async findForChange(rows: EntityManager, userId: string): Promise<OperatorRow | null> {
    return rows.findOne(OperatorRow, { where: { userId }, lock: { mode: 'pessimistic_write' } })
  }

  async remove(rows: EntityManager, userId: string): Promise<void> {
    await rows.delete(OperatorRow, { userId })
  }
}
