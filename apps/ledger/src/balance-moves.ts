import type { Account } from './account.ts'
import type { Transfer } from './to-transfers.ts'

/** By how much the transfers of a batch move one account of one workspace. */
export interface BalanceMove {
  readonly workspaceId: string
  readonly account: Account
  debits: bigint
  credits: bigint
}

/**
 * Adds up what transfers move, one entry per workspace and account, in the order in which accounts are locked: two
 * batches that share accounts then wait for each other and never in a circle.
 */
export class BalanceMoves {
  readonly #byWorkspace = new Map<string, Map<bigint, BalanceMove>>()

  add(named: string, { debit, credit, amountNanos }: Transfer): void {
    // One workspace written in two ways would be two rows for one account, and an update takes only one of them.
    const workspaceId = named.toLowerCase()
    let moves = this.#byWorkspace.get(workspaceId)
    if (moves === undefined) {
      moves = new Map<bigint, BalanceMove>()
      this.#byWorkspace.set(workspaceId, moves)
    }
    moveOf(moves, workspaceId, debit).debits += amountNanos
    moveOf(moves, workspaceId, credit).credits += amountNanos
  }

  sorted(): BalanceMove[] {
    const workspaces = [...this.#byWorkspace].sort(([one], [other]) => (one < other ? -1 : 1))
    return workspaces.flatMap(([, moves]) =>
      [...moves.values()].sort((one, other) => (one.account.id < other.account.id ? -1 : 1)),
    )
  }
}

function moveOf(moves: Map<bigint, BalanceMove>, workspaceId: string, account: Account): BalanceMove {
  let move = moves.get(account.id)
  if (move === undefined) moves.set(account.id, (move = { workspaceId, account, debits: 0n, credits: 0n }))
  return move
}
