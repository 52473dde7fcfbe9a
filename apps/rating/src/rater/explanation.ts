import type { BookSide } from '@portitor/contracts'
import { type EvaluableModel, type EventPricing, priceOf, type StoredStep } from '@portitor/pricing'
import { quoted } from './quoted.ts'
import type { RatableUsage } from './ratable-usage.ts'
import type { RatedEvent, RatedUse } from './rate-batch.ts'
import { type RatedOnce, readUsage, type StoredUsage, usageText } from './stored-usage.ts'

type Price = StoredStep['price']
/** `rate/per` where there is one rate, else the price with its tiers. */
type StoredPrice = string | Price
/** [cell, q₀, q₁, amount, price], numbers as decimal text. */
type StoredCell = readonly [string, string, string, string, StoredPrice]
/** [charge, version, segment, cells, plan if there is one]. */
type StoredUse = readonly [string, number, string, readonly StoredCell[], string?]
/** [currency, price, cost, uses of the price, uses of the cost, the event (not kept at first), how it was corrected if it was], amounts as decimal text. */
type StoredEvent = readonly [
  string,
  string,
  string,
  readonly StoredUse[],
  readonly StoredUse[],
  StoredUsage?,
  StoredCorrection?,
]

/** What a correction took back before the event was priced again. */
interface StoredCorrection {
  readonly revision: number
  readonly reason: string
  readonly reversed_price: string
  readonly reversed_cost: string
}

/** What an event owes and why, as its batch keeps it, and all that is needed to price it again. */
export interface Explanation {
  readonly currency: string
  readonly priceNanos: bigint
  readonly costNanos: bigint
  readonly price: readonly StoredStep[]
  readonly cost: readonly StoredStep[]
  readonly usage: RatedOnce
  /** Undefined where the event was rated the first time. */
  readonly correction: Correction | undefined
}

/** What a correction took back, below zero: `priceNanos` and `costNanos` of its explanation are what is owed instead (R-9). */
export interface Correction {
  readonly revision: number
  readonly reason: string
  readonly reversedPrice: bigint
  readonly reversedCost: bigint
}

/** A rated event as one line of its batch's explanations; written by hand, because it is hot. */
export function explanationText(rated: RatedEvent<RatableUsage>, correction?: Correction): string {
  return (
    `["${rated.planned.currency}","${rated.priceNanos}","${rated.costNanos}",` +
    `${usesText(rated.price)},${usesText(rated.cost)},${usageText(rated.planned)}` +
    `${correction === undefined ? '' : `,${correctionText(correction)}`}]`
  )
}

/** What a rating or a correction has added to what the event owes. */
export function owedBy({ priceNanos, correction }: Explanation): bigint {
  return priceNanos + (correction?.reversedPrice ?? 0n)
}

function correctionText({ revision, reason, reversedPrice, reversedCost }: Correction): string {
  const reversed = { reversed_price: String(reversedPrice), reversed_cost: String(reversedCost) }
  return JSON.stringify({ revision, reason, ...reversed } satisfies StoredCorrection)
}

function usesText(uses: readonly RatedUse[]): string {
  let text = ''
  for (const { use, cells: rated } of uses) {
    let cells = ''
    for (const { cell, q0, q1, amount, priced } of rated) {
      cells += `${cells === '' ? '' : ','}[${quoted(cell)},"${q0}","${q1}","${amount}",${priceText(priced)}]`
    }
    const plan = use.plan === undefined ? '' : `,${quoted(use.plan)}`
    text += `${text === '' ? '' : ','}[${quoted(use.charge)},${use.version},${quoted(use.group)},[${cells}]${plan}]`
  }
  return `[${text}]`
}

/** A line back as steps that `explain` puts into words. `known`: what is known of an event of a line that does not say what it was. */
export function readExplanation(text: string, known?: StoredUsage): Explanation {
  const [currency, priceNanos, costNanos, price, cost, usage, correction] = JSON.parse(text) as StoredEvent
  return {
    currency,
    priceNanos: BigInt(priceNanos),
    costNanos: BigInt(costNanos),
    price: stepsOf('price', price),
    cost: stepsOf('cost', cost),
    usage: readUsage(usage ?? known!),
    correction: correction && {
      revision: correction.revision,
      reason: correction.reason,
      reversedPrice: BigInt(correction.reversed_price),
      reversedCost: BigInt(correction.reversed_cost),
    },
  }
}

function stepsOf(side: BookSide, uses: readonly StoredUse[]): StoredStep[] {
  return uses.flatMap(([charge, version, group, cells, plan]) =>
    cells.map(([cell, q0, q1, amount, price]) => ({
      side,
      charge,
      ...(plan === undefined ? {} : { plan }),
      version,
      group,
      cell,
      q0: BigInt(q0),
      q1: BigInt(q1),
      amount: BigInt(amount),
      price: readPrice(price),
    })),
  )
}

const priceTexts = new WeakMap<EvaluableModel | EventPricing, string>()

function priceText(priced: EvaluableModel | EventPricing): string {
  let text = priceTexts.get(priced)
  if (text === undefined) {
    const stored: StoredPrice = 'data' in priced ? priced.data : modelText(priced)
    priceTexts.set(priced, (text = JSON.stringify(stored)))
  }
  return text
}

function modelText(model: EvaluableModel): StoredPrice {
  return model.model === 'per_unit' ? `${model.rate}/${model.per}` : priceOf(model)
}

function readPrice(stored: StoredPrice): Price {
  if (typeof stored !== 'string') return stored
  const [rate, per] = stored.split('/')
  return { model: 'per_unit', rate: rate!, per: per! }
}
