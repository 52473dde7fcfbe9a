import type { Block } from './cut-block.ts'
import { tokenOf } from './cut-block.ts'
import { judgeBlock, type RefusedUsage } from './judge-rated.ts'
import { linesOfEvents } from './rated-lines.ts'
import type { RatedUsagesStore } from './rated-usages.store.ts'

/**
 * Brings an interrupted block to exactly one copy of each of its rows, whatever its insert had come to: nothing, some
 * months of it, all of it, or all of it twice. Can be interrupted and repeated at any point. Answers what of the block
 * cannot be stored.
 *
 * The token alone would not do: the engine notes it before it puts the part in its place, so a process killed between the
 * two leaves a token without rows, and the repeat would be dropped; and tokens are forgotten after so many blocks. So the
 * rows are counted. The token still guards against an insert of a dead process that is only now arriving at a server.
 */
export async function settleBlock(store: RatedUsagesStore, block: Block): Promise<RefusedUsage[]> {
  const { judged, refused } = judgeBlock(block)
  const expected = judged.records.reduce((sum, { events }) => sum + events.length, 0)
  let stored = await store.count(block)
  for (const token of [tokenOf(block), undefined]) {
    if (stored === expected) return refused
    if (stored > 0) await store.remove(block)
    if (expected > 0) await store.insert(linesOfEvents([judged]), token)
    stored = await store.count(block)
  }
  if (stored !== expected)
    throw new Error(`block ${tokenOf(block)} has ${stored} rows instead of ${expected}; it is tried again`)
  return refused
}
