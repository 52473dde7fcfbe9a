import type { EvaluableModel } from './evaluate.ts'
import type { Graduated } from './graduated.ts'
import { tierIndexOf } from './tiers.ts'

/** The part of a step that lies in one tier: quantities in 10⁻⁹ units, tiers counted from 1. */
export interface TierSlice {
  readonly tier: number
  readonly from: bigint
  readonly to: bigint
  /** The step enters the tier here, which is when its flat amount falls due. */
  readonly enters: boolean
}

/** Cuts the step from q₀ to q₁ where tiers meet, in the direction of the step. Only graduated tiers cut; no step is no slice. */
export function tierSlices(model: EvaluableModel, q0: bigint, q1: bigint): TierSlice[] {
  if (q0 === q1) return []
  if (model.model !== 'graduated') return [{ tier: 1, from: q0, to: q1, enters: q0 === 0n }]
  const [low, high] = q0 < q1 ? [q0, q1] : [q1, q0]
  const points = [low, ...bordersOf(model).filter((border) => border > low && border < high), high]
  const slices = points.slice(1).map((to, index) => sliceOf(model, points[index]!, to))
  return q0 < q1 ? slices : slices.reverse().map(({ tier, from, to }) => ({ tier, from: to, to: from, enters: false }))
}

function sliceOf(model: Graduated, from: bigint, to: bigint): TierSlice {
  const index = tierIndexOf(model.tiers, to > 0n ? to : -from)
  return { tier: index + 1, from, to, enters: from === model.tiers[index]!.from }
}

/** Where the slope of F changes; F of a negative quantity mirrors that of a positive one. */
function bordersOf(model: Graduated): bigint[] {
  const ends = model.tiers.flatMap((tier) => (tier.upTo === undefined ? [] : [tier.upTo]))
  return [...ends.map((end) => -end).reverse(), 0n, ...ends]
}
