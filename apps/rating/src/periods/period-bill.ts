import type { Rejection } from '@portitor/contracts'
import { sum } from '@portitor/money'
import {
  chargeFee,
  commitmentTrueUp,
  type CompiledPlan,
  countOf,
  feeAmount,
  feeDue,
  minimumTrueUp,
  type PeriodDays,
} from '@portitor/pricing'
import type { BilledAdjustment } from './adjustments.store.ts'
import { adjustmentText, committedText, feeText, firstFlatText } from './bill-texts.ts'
import type { Actives } from './period-actives.store.ts'
import type { PeriodPart } from './period-parts.ts'
import type { UsedCharge } from './period-usage.store.ts'

/** A phase's part of the period with what it is billed by: the plan first, then its add-ons, overrides in their places. */
export interface BilledPart extends PeriodPart {
  readonly plans: readonly [CompiledPlan, ...CompiledPlan[]]
}

/** An amount in nano-units of the period's currency. */
export interface PeriodLine {
  readonly kind: 'fee' | 'usage' | 'minimum' | 'commitment' | 'adjustment'
  /** Of the fee or charge. */
  readonly id: string
  /** Undefined: the price book. */
  readonly plan: string | undefined
  readonly due: 'in_advance' | 'in_arrears'
  readonly amount: bigint
  readonly text?: string
}

/** What a period has come to: what was used, as rating counts it, and who was active. */
export interface PeriodFacts {
  readonly usage: readonly UsedCharge[]
  /** Of earlier periods, billed in this one; they count for no minimum or commitment of it. Absent: none. */
  readonly adjustments?: readonly BilledAdjustment[]
  readonly actives: Actives
}

export type PeriodBill =
  { readonly lines: readonly PeriodLine[]; readonly total: bigint } | { readonly refused: Rejection }

/**
 * What a period comes to (B-1, B-2, B-8): fees by the phases that owe them, usage as it was rated, what tops charges up to
 * their minimums and the whole up to its commitment. `parts` tile the period in order; without a subscription there are none.
 * Refuses fees that nothing here can tell. The rules are in the README of rating.
 */
export function billPeriod(parts: readonly BilledPart[], facts: PeriodFacts): PeriodBill {
  const fees = parts.flatMap((part, index) => feesOf(part, placeOf(index, parts), facts.actives))
  const unknown = fees.find(({ amount }) => amount === undefined)
  if (unknown !== undefined) return { refused: untold(unknown) }
  const lines: PeriodLine[] = fees.map((line) => ({ ...line, amount: line.amount! }))
  for (const { plan, charge, amount } of facts.usage)
    lines.push({ kind: 'usage', id: charge, plan, due: 'in_arrears', amount })
  const last = parts.at(-1)
  if (last !== undefined) {
    lines.push(...firstFlats(last, facts))
    lines.push(...minimums(last, parts, lines))
    lines.push(...commitments(last, parts, lines))
  }
  for (const { plan, charge, amount, period } of facts.adjustments ?? [])
    lines.push({ kind: 'adjustment', id: charge, plan, due: 'in_arrears', amount, text: adjustmentText(period) })
  return { lines, total: totalOf(lines) }
}

interface Place {
  readonly isFirst: boolean
  readonly isLast: boolean
}

function placeOf(index: number, parts: readonly BilledPart[]): Place {
  return { isFirst: index === 0, isLast: index === parts.length - 1 }
}

type Fee = Omit<PeriodLine, 'amount'> & { readonly amount: bigint | undefined }

/** Fees by days are owed by each part; others once, by the part that holds when they are due. Neither on trial nor while paused. */
function feesOf({ phase, days, plans }: BilledPart, { isFirst, isLast }: Place, actives: Actives): Fee[] {
  if (phase.state !== 'active') return []
  const counts = { seats: phase.seats, ...actives }
  return plans.flatMap((compiled) =>
    compiled.fees.flatMap((fee) => {
      const due = feeDue(fee)
      const isOwed = fee.fee.prorated === true ? days.billed > 0 : due === 'in_advance' ? isFirst : isLast
      if (!isOwed) return []
      const { id } = fee.fee
      const text = feeText(fee, countOf(fee, counts), days, compiled.plan.currency)
      return [{ kind: 'fee', id, plan: compiled.plan.id, due, amount: feeAmount(fee, counts, days), text }]
    }),
  )
}

function untold({ plan, id }: Fee): Rejection {
  return {
    code: 'pricing.plan_invalid',
    detail: `the fee ${id} of ${plan} follows from peaks, which are not kept for plans`,
  }
}

/** What charges owe before any usage; F(0) is nothing, so it is not in what was rated. */
function firstFlats({ phase, plans }: BilledPart, { usage }: PeriodFacts): PeriodLine[] {
  if (phase.state !== 'active') return []
  return plans.flatMap((compiled) =>
    compiled.plan.charges.flatMap(({ id }, index) => {
      const used = usage.find((one) => one.plan === compiled.plan.id && one.charge === id)
      const amount = chargeFee(compiled, index, used?.segments ?? 0)
      if (amount === 0n) return []
      return [{ kind: 'fee', id, plan: compiled.plan.id, due: 'in_arrears', amount, text: firstFlatText }]
    }),
  )
}

function minimums(last: BilledPart, parts: readonly BilledPart[], lines: readonly PeriodLine[]): PeriodLine[] {
  return committing(last, parts).flatMap(({ compiled, days }) =>
    compiled.plan.charges.flatMap(({ id }, index) => {
      const own = lines.filter((line) => line.plan === compiled.plan.id && line.id === id)
      const minimum = minimumTrueUp(compiled, index, days, totalOf(own))
      if (minimum === undefined) return []
      const text = committedText(minimum.committed, compiled.plan.currency)
      return [{ kind: 'minimum', id, plan: compiled.plan.id, due: 'in_arrears', amount: minimum.owed, text }]
    }),
  )
}

/** An add-on's commitment counts what it comes to itself; then the plan's, the whole period. */
function commitments(last: BilledPart, parts: readonly BilledPart[], before: readonly PeriodLine[]): PeriodLine[] {
  const lines: PeriodLine[] = []
  for (const { compiled, days } of committing(last, parts).toReversed()) {
    const plan = compiled.plan.id
    const counted = [...before, ...lines].filter((line) => compiled === last.plans[0] || line.plan === plan)
    const commitment = commitmentTrueUp(compiled, days, totalOf(counted))
    if (commitment === undefined) continue
    const text = committedText(commitment.committed, compiled.plan.currency)
    lines.push({ kind: 'commitment', id: 'commitment', plan, due: 'in_arrears', amount: commitment.owed, text })
  }
  return lines
}

/** The plans whose minimums and commitment are owed, with the days on which they were active: those of the last part. */
function committing(
  { phase, plans }: BilledPart,
  parts: readonly BilledPart[],
): { readonly compiled: CompiledPlan; readonly days: PeriodDays }[] {
  if (phase.state === 'trial') return []
  return plans.flatMap((compiled) => {
    const active = parts.filter(
      (part) => part.phase.state === 'active' && part.plans.some(({ plan }) => plan.id === compiled.plan.id),
    )
    if (active.length === 0) return []
    const billed = active.reduce((days, part) => days + part.days.billed, 0)
    return [{ compiled, days: { billed, period: active[0]!.days.period } }]
  })
}

function totalOf(lines: readonly PeriodLine[]): bigint {
  return sum(lines.map(({ amount }) => amount))
}
