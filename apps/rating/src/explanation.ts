import { type EvaluableModel, priceOf, type StoredStep } from '@portitor/pricing'
import type { BookSide } from '@portitor/contracts'
import type { RatedUse } from './rate-batch.ts'

type Price = StoredStep['price']
/** `rate/per` where there is one rate, else the price with its tiers. */
type StoredPrice = string | Price
/** [cell, q₀, q₁, amount, price], numbers as decimal text. */
type StoredCell = readonly [string, string, string, string, StoredPrice]
/** [charge, version, segment, cells]. */
type StoredUse = readonly [string, number, string, readonly StoredCell[]]

/** One side of a rated event as stored with it: small, because every event carries two of these; written by hand, because it is hot. */
export function explanationText(uses: readonly RatedUse[]): string {
  let text = ''
  for (const use of uses) {
    let cells = ''
    for (const { cell, q0, q1, amount, model } of use.cells) {
      cells += `${cells === '' ? '' : ','}[${quoted(cell)},"${q0}","${q1}","${amount}",${priceText(model)}]`
    }
    text += `${text === '' ? '' : ','}[${quoted(use.charge)},${use.version},${quoted(use.segment)},[${cells}]]`
  }
  return `[${text}]`
}

/** The stored form back as steps that `explain` puts into words. */
export function explanationSteps(side: BookSide, text: string): StoredStep[] {
  return (JSON.parse(text) as StoredUse[]).flatMap(([charge, version, group, cells]) =>
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

const QUOTED_MAX = 10_000
const quotedTexts = new Map<string, string>()

/** Names repeat, so each is put into JSON once. */
function quoted(name: string): string {
  let text = quotedTexts.get(name)
  if (text === undefined) {
    if (quotedTexts.size >= QUOTED_MAX) quotedTexts.clear()
    quotedTexts.set(name, (text = JSON.stringify(name)))
  }
  return text
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
