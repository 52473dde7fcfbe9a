import { ClickHouseRefused } from '@portitor/clickhouse'
import { type Block, tokenOf } from './cut-block.ts'
import { judgeBlock, type RefusedUsage } from './judge-rated.ts'
import { linesOf, linesOfEvents } from './rated-lines.ts'
import type { RatedUsagesStore } from './rated-usages.store.ts'

/**
 * Inserts blocks in one go. Where the engine refuses them, the events are looked at one by one and those that cannot be
 * stored are left out and handed back; where none is to blame, the refusal is not about the data and goes to the caller.
 */
export async function insertBlocks(store: RatedUsagesStore, blocks: readonly Block[]): Promise<RefusedUsage[]> {
  const token = blocks.map(tokenOf).join('+')
  try {
    await store.insert(linesOf(blocks), token)
    return []
  } catch (error) {
    if (!(error instanceof ClickHouseRefused)) throw error
    const looks = blocks.map(judgeBlock)
    const refused = looks.flatMap((look) => look.refused)
    if (refused.length === 0) throw error
    await store.insert(linesOfEvents(looks.map((look) => look.judged)), token)
    return refused
  }
}
