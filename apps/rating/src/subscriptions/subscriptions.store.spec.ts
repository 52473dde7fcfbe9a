import type { Queryable } from '@portitor/postgres'
import { phase, subscriptionTo } from '../rater/pricing-context.fixture.ts'
import { findSubscriptions } from './subscriptions.store.ts'

describe('the stored copy of subscriptions', () => {
  it('B-2 one that changes between the two statements of a look-up is found as it is then', async () => {
    const changed = { ...subscriptionTo(phase('pro')), revision: 2 }
    const { id: subscription_id, workspace_id } = changed
    const rows = [
      [{ workspace_id, subscription_id, revision: 1 }],
      [{ workspace_id, subscription_id, revision: 2, content: JSON.stringify(changed) }],
    ]
    const tx = { query: async () => ({ rows: rows.shift() ?? [] }) } as unknown as Queryable
    const found = await findSubscriptions(tx, [workspace_id])
    expect(found.at(workspace_id, Date.parse('2026-11-10T00:00:00Z'))).toEqual(changed)
  })
})
