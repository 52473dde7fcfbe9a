import fc from 'fast-check'
import { BalanceMoves } from './balance-moves.ts'
import { ratedUsageArbitrary } from './rated-usage.fixture.ts'
import { toTransfers } from './to-transfers.ts'

describe('the balances a batch moves', () => {
  const movesOf = (usages: readonly Parameters<typeof toTransfers>[0][]) => {
    const moves = new BalanceMoves()
    for (const usage of usages) {
      const { price, cost } = toTransfers(usage)
      for (const transfer of [...price, ...cost]) moves.add(usage.workspace_id, transfer)
    }
    return moves.sorted()
  }
  const usages = fc.array(ratedUsageArbitrary(fc.uuid()), { maxLength: 30 })

  it('L-2 debits and credits of any batch are the same sum, and each account stands in it once', () => {
    fc.assert(
      fc.property(usages, (batch) => {
        const moves = movesOf(batch)
        expect(moves.reduce((sum, { debits, credits }) => sum + debits - credits, 0n)).toBe(0n)
        const names = moves.map(({ workspaceId, account }) => `${workspaceId} ${account.id}`)
        expect(new Set(names).size).toBe(names.length)
      }),
    )
  })

  it('L-2 are in one order whatever the order of the events, so that batches lock accounts alike', () => {
    fc.assert(
      fc.property(usages, (batch) => {
        const order = (moves: ReturnType<typeof movesOf>) =>
          moves.map(({ workspaceId, account }) => `${workspaceId} ${account.id}`)
        expect(order(movesOf(batch.toReversed()))).toEqual(order(movesOf(batch)))
      }),
    )
  })
})
