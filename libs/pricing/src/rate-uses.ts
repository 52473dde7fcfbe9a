import type { BookSide } from './charge.ts'
import type { CompiledBook } from './compile-book.ts'
import type { EvaluableModel } from './evaluate.ts'
import { telescope, type Counter } from './telescope.ts'
import type { ChargeUse } from './usage.ts'

/** The segment a counter belongs to, within a workspace, subscription and period (which the caller knows). */
export interface SegmentName {
  readonly side: BookSide
  readonly charge: string
  /** The plan or add-on whose version it is; undefined: the book's. */
  readonly plan?: string
  readonly version: number
  readonly group: string
  readonly cell: string
}

/** How one event moved one segment: from q₀ to q₁ (10⁻⁹ units), owing `amount` nano-units under `model`. */
export interface SegmentStep extends SegmentName {
  readonly q0: bigint
  readonly q1: bigint
  readonly amount: bigint
  readonly model: EvaluableModel
  /** What to store as the segment's counter. */
  readonly counter: Counter
}

/**
 * Prices the uses of one event. The rater passes its stored counters, the estimator fresh ones: there is no second way to
 * a price. Throws `MoneyOverflow` where a step exceeds what one transfer can hold.
 */
export function rateUses(
  book: CompiledBook,
  uses: readonly ChargeUse[],
  counterOf: (segment: SegmentName) => Counter,
): SegmentStep[] {
  const { side } = book
  const steps: SegmentStep[] = []
  for (const { charge, version, group, cells } of uses)
    for (const { cell, model, quantity } of cells) {
      const before = counterOf({ side, charge, version, group, cell })
      const { counter, amount } = telescope(model, before, quantity)
      const [q0, q1] = [before.quantity, counter.quantity]
      steps.push({ side, charge, version, group, cell, q0, q1, amount, model, counter })
    }
  return steps
}
