import { sum } from '@portitor/money'
import type { BookSide } from './charge.ts'
import type { CompiledBook } from './compile-book.ts'
import { chargesFor } from './match-charge.ts'
import type { Refusal } from './refusal.ts'
import { rateUses, type SegmentStep } from './rate-uses.ts'
import { freshCounter } from './telescope.ts'
import type { Usage } from './usage.ts'

/** What a usage would owe (price) and cost us, in nano-units of the books' currency, and how that comes about. */
export interface Estimate {
  readonly price: bigint
  readonly cost: bigint
  readonly steps: readonly SegmentStep[]
}
export type Estimated = Estimate | { readonly side: BookSide; readonly refused: Refusal }

/**
 * Estimates a usage as the first of its period: F(q) − F(0) of every segment, by the code that rates. With one rate
 * for every unit this is what the event will owe, to within the one nano-unit per cell that telescoping moves between
 * events; with tiers, what it owes in the first of them. A book that is absent counts as zero.
 */
export function estimate(
  books: { readonly price?: CompiledBook; readonly cost?: CompiledBook },
  usage: Usage,
): Estimated {
  const steps: SegmentStep[] = []
  for (const book of [books.price, books.cost]) {
    if (book === undefined) continue
    const charged = chargesFor(book, usage)
    if ('refused' in charged) return { side: book.side, refused: charged.refused }
    steps.push(...rateUses(book, charged.uses, () => freshCounter))
  }
  return { price: totalOf(steps, 'price'), cost: totalOf(steps, 'cost'), steps }
}

function totalOf(steps: readonly SegmentStep[], side: BookSide): bigint {
  return sum(steps.filter((step) => step.side === side).map((step) => step.amount))
}
