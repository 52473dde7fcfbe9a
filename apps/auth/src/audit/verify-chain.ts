import { auditHash, FIRST_PREVIOUS_HASH, type HashedEntry } from './audit-hash.ts'

/** An entry as it lies in the table. */
export interface StoredEntry extends HashedEntry {
  readonly previousHash: Buffer
  readonly hash: Buffer
}

export interface Broken {
  readonly sequence: string
  readonly reason: string
}

/** How far a chain has been recomputed. */
export interface ChainState {
  readonly entries: number
  readonly sequence: bigint
  readonly hash: Buffer
  /** The first entry that does not fit; nothing after it proves anything. */
  readonly broken: Broken | null
}

export const chainStart: ChainState = { entries: 0, sequence: 0n, hash: FIRST_PREVIOUS_HASH, broken: null }

/** Recomputes the next entries of a chain, which are in the order of their sequence. */
export function continueChain(start: ChainState, page: readonly StoredEntry[]): ChainState {
  let state = start
  for (const entry of page) {
    if (state.broken !== null) return state
    const broken = judge(state, entry)
    state = { entries: state.entries + 1, sequence: entry.sequence, hash: entry.hash, broken }
  }
  return state
}

/** What the chain ends with has to be what its head says; `last`: the largest sequence there was when the head was read. */
export function endChain(
  state: ChainState,
  head: { readonly sequence: bigint; readonly hash: Buffer } | undefined,
  last: bigint,
): Broken | null {
  if (state.broken !== null) return state.broken
  if (head === undefined) return { sequence: '1', reason: 'the chain has entries and no head: it was put here by hand' }
  if (last > head.sequence)
    return {
      sequence: String(head.sequence + 1n),
      reason: 'the entry lies behind the head of the chain: it was inserted',
    }
  if (state.sequence < head.sequence)
    return {
      sequence: String(state.sequence + 1n),
      reason: `the entry is missing: the head of the chain counts ${head.sequence}`,
    }
  if (!state.hash.equals(head.hash))
    return { sequence: String(state.sequence), reason: 'the last hash is not that of the head: the entry was replaced' }
  return null
}

function judge(before: ChainState, entry: StoredEntry): Broken | null {
  const expected = before.sequence + 1n
  if (entry.sequence !== expected)
    return entry.sequence > expected
      ? { sequence: String(expected), reason: 'the entry is missing: it was removed' }
      : { sequence: String(entry.sequence), reason: 'the entry stands twice: it was inserted' }
  const sequence = String(entry.sequence)
  if (!entry.previousHash.equals(before.hash))
    return { sequence, reason: 'its previous_hash is not the hash of the entry before: one of the two was replaced' }
  if (!entry.hash.equals(auditHash(before.hash, entry)))
    return { sequence, reason: 'its hash does not fit its content: it was changed' }
  return null
}
