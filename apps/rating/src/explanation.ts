import { type EvaluableModel, priceOf, type StoredStep } from '@portitor/pricing'
import type { BookSide } from '@portitor/contracts'
import { quoted } from './quoted.ts'
import type { RatedEvent, RatedUse } from './rate-batch.ts'

type Price = StoredStep['price']
/** `rate/per` where there is one rate, else the price with its tiers. */
type StoredPrice = string | Price
/** [cell, q₀, q₁, amount, price], numbers as decimal text. */
type StoredCell = readonly [string, string, string, string, StoredPrice]
/** [charge, version, segment, cells]. */
type StoredUse = readonly [string, number, string, readonly StoredCell[]]
/** [currency, price, cost, uses of the price, uses of the cost], amounts as decimal text. */
type StoredEvent = readonly [string, string, string, readonly StoredUse[], readonly StoredUse[]]

/** What an event owes and why, as its batch keeps it. */
export interface Explanation {
  readonly currency: string
  readonly priceNanos: bigint
  readonly costNanos: bigint
  readonly price: readonly StoredStep[]
  readonly cost: readonly StoredStep[]
}

/** A rated event as one line of its batch's explanations; written by hand, because it is hot. */
export function explanationText(rated: RatedEvent): string {
  return (
    `["${rated.planned.currency}","${rated.priceNanos}","${rated.costNanos}",` +
    `${usesText(rated.price)},${usesText(rated.cost)}]`
  )
}

function usesText(uses: readonly RatedUse[]): string {
  let text = ''
  for (const { use, cells: rated } of uses) {
    let cells = ''
    for (const { cell, q0, q1, amount, model } of rated) {
      cells += `${cells === '' ? '' : ','}[${quoted(cell)},"${q0}","${q1}","${amount}",${priceText(model)}]`
    }
    text += `${text === '' ? '' : ','}[${quoted(use.charge)},${use.version},${quoted(use.group)},[${cells}]]`
  }
  return `[${text}]`
}

/** A line back as steps that `explain` puts into words. */
export function readExplanation(text: string): Explanation {
  const [currency, priceNanos, costNanos, price, cost] = JSON.parse(text) as StoredEvent
  return {
    currency,
    priceNanos: BigInt(priceNanos),
    costNanos: BigInt(costNanos),
    price: stepsOf('price', price),
    cost: stepsOf('cost', cost),
  }
}

function stepsOf(side: BookSide, uses: readonly StoredUse[]): StoredStep[] {
  return uses.flatMap(([charge, version, group, cells]) =>
    cells.map(([cell, q0, q1, amount, price]) => ({
      side,
      charge,
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

const priceTexts = new WeakMap<EvaluableModel, string>()

function priceText(model: EvaluableModel): string {
  let text = priceTexts.get(model)
  if (text === undefined) {
    const stored: StoredPrice = model.model === 'per_unit' ? `${model.rate}/${model.per}` : priceOf(model)
    priceTexts.set(model, (text = JSON.stringify(stored)))
  }
  return text
}

function readPrice(stored: StoredPrice): Price {
  if (typeof stored !== 'string') return stored
  const [rate, per] = stored.split('/')
  return { model: 'per_unit', rate: rate!, per: per! }
}
