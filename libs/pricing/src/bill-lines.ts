import { type Rational, roundBy } from '@portitor/money'
import { type Component, exactAmount, keyOf } from './components.ts'
import { readPercent } from './read-rate.ts'

/**
 * Lines of a bill: parts of a charge in an invoice's digits. Money in nano-units, rounded half-up once a line to a multiple
 * of `step` (10⁷ for cents); `amount + charges − discounts − credits` is what a line comes to.
 */
export interface BillLine extends Component {
  readonly amount: bigint
  /** What tops a minimum up: money without usage. */
  readonly charges: bigint
  readonly discounts: readonly bigint[]
  readonly credits: readonly bigint[]
}

export function linesOf(components: readonly Component[], step: bigint): BillLine[] {
  return components.map((part) => ({
    ...part,
    amount: roundedTo(step, exactAmount(part)),
    charges: 0n,
    discounts: [],
    credits: [],
  }))
}

export function lineTotal(line: BillLine): bigint {
  return line.amount + line.charges - sumOf(line.discounts) - sumOf(line.credits)
}

/** Takes a percentage off each line. */
export function discountLines(lines: readonly BillLine[], percent: string, step: bigint): BillLine[] {
  const { numerator, denominator } = readPercent(percent, 'discount_percent')
  return lines.map((line) => discounted(line, roundedTo(step, { numerator: lineTotal(line) * numerator, denominator })))
}

/** Takes off what exceeds a maximum, line after line, counting what was billed before them. */
export function capLines(lines: readonly BillLine[], max: bigint, billedBefore: bigint): BillLine[] {
  let billed = billedBefore
  return lines.map((line) => {
    const total = lineTotal(line)
    const room = max > billed ? max - billed : 0n
    billed += total
    return total > room ? discounted(line, total - room) : line
  })
}

/** The line that tops what was billed up to a minimum, or none. */
export function minimumLine(lines: readonly BillLine[], min: bigint, billedBefore: bigint): BillLine[] {
  const short = min - billedBefore - sumOf(lines.map(lineTotal))
  if (short <= 0n) return []
  const rate: Rational = { numerator: short, denominator: 1_000_000_000n }
  return [{ name: 'min_spend', rate, quantity: 1_000_000_000n, amount: 0n, charges: short, discounts: [], credits: [] }]
}

/** Spends credits on lines in order, none beyond what it comes to. `left` is what no line took: credit that nobody may lose silently. */
export function creditLines(
  lines: readonly BillLine[],
  credits: readonly bigint[],
): { readonly lines: BillLine[]; readonly left: bigint } {
  const open = [...credits]
  const credited = lines.map((line) => {
    const spent: bigint[] = []
    for (let due = lineTotal(line); due > 0n && open.length > 0;) {
      const part = open[0]! < due ? open[0]! : due
      if (part > 0n) spent.push(part)
      due -= part
      open[0] = open[0]! - part
      if (open[0] === 0n) open.shift()
    }
    return { ...line, credits: [...line.credits, ...spent] }
  })
  return { lines: credited, left: sumOf(open) }
}

/**
 * What lines of a re-rated total add to those already booked: matched by name and rate, money subtracted after rounding, so
 * that roundings are corrected over the whole; a rate that is no more is reversed. Credits are not part of it. Lines that
 * come to nothing are left out.
 */
export function subtractLines(
  lines: readonly BillLine[],
  booked: readonly BillLine[],
): (BillLine & { readonly isCorrection: boolean })[] {
  const keys = new Set(lines.map(keyOf))
  const added = lines.map((line) => {
    const earlier = booked.filter((other) => keyOf(other) === keyOf(line))
    return { ...minus(line, earlier), isCorrection: false }
  })
  const gone = new Map(booked.filter((line) => !keys.has(keyOf(line))).map((line) => [keyOf(line), line]))
  const reversed = [...gone].map(([key, line]) => {
    const nothing: BillLine = { ...line, quantity: 0n, amount: 0n, charges: 0n, discounts: [], credits: [] }
    return {
      ...minus(
        nothing,
        booked.filter((other) => keyOf(other) === key),
      ),
      isCorrection: true,
    }
  })
  return [...added, ...reversed].filter(
    (line) => line.amount !== 0n || line.charges !== 0n || line.discounts.some((one) => one !== 0n),
  )
}

/** An exact amount in nano-units, half-up to a multiple of `step`. */
export function roundedTo(step: bigint, { numerator, denominator }: Rational): bigint {
  return roundBy('half_up', numerator, denominator * step) * step
}

function minus(line: BillLine, earlier: readonly BillLine[]): BillLine {
  const discounts = sumOf(line.discounts) - sumOf(earlier.flatMap((one) => one.discounts))
  return {
    ...line,
    quantity: line.quantity - sumOf(earlier.map((one) => one.quantity)),
    amount: line.amount - sumOf(earlier.map((one) => one.amount)),
    charges: line.charges - sumOf(earlier.map((one) => one.charges)),
    discounts: discounts === 0n ? [] : [discounts],
    credits: [],
  }
}

function discounted(line: BillLine, off: bigint): BillLine {
  return off === 0n ? line : { ...line, discounts: [...line.discounts, off] }
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}
