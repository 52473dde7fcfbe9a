import { BookInvalid, type BookContent, type BookSide, type Charge, type ModelName } from './charge.ts'
import { compileCharge, type CompiledCharge, creditRates } from './compile-charge.ts'
import { findRow } from './find-row.ts'

/** One version of a book with everything resolved that does not depend on the event. Keep it for as long as the version is used. */
export interface CompiledBook {
  readonly side: BookSide
  /** The plan that its first charges are from; undefined: the book's own. */
  readonly plan?: string
  readonly version: number
  readonly currency: string
  /** Events with a time in [effectiveFromMs, effectiveToMs) fall under it; `Infinity` without an end. */
  readonly effectiveFromMs: number
  readonly effectiveToMs: number
  readonly charges: readonly CompiledCharge[]
  /** The attributes that some charge filters by or some row of a matrix asks for. */
  readonly shapeAttributes: readonly string[]
}

/** Compiles a published book, or checks a draft. Throws `BookInvalid` naming the field where the book contradicts itself. */
export function compileBook(side: BookSide, version: number, content: BookContent): CompiledBook {
  const effectiveFromMs = instantOf(content.effective_from, 'effective_from')
  const effectiveToMs = content.effective_to === null ? Infinity : instantOf(content.effective_to, 'effective_to')
  if (effectiveToMs <= effectiveFromMs) throw new BookInvalid('effective_to', 'lies after effective_from')
  const credits = creditRates(content)
  checkIds(content.charges)
  const origin = { version, terms: '', atOnce: content.mid_period === 'at_once' }
  const charges = content.charges.map((charge, index) => {
    checkRated(charge, `charges.${index}`)
    return compileCharge(charge, `charges.${index}`, { currency: content.currency, credits }, origin)
  })
  const shapeAttributes = attributesOf(charges)
  return { side, version, currency: content.currency, effectiveFromMs, effectiveToMs, charges, shapeAttributes }
}

/** The book for an event of this time: the highest version whose time holds it, so a later version supersedes from its start on. */
export function inForce(books: readonly CompiledBook[], timeMs: number): CompiledBook | undefined {
  let chosen: CompiledBook | undefined
  for (const book of books)
    if (book.effectiveFromMs <= timeMs && timeMs < book.effectiveToMs && book.version > (chosen?.version ?? 0))
      chosen = book
  return chosen
}

/** Which row of the book prices a model, under the book's own names; the fallback's where it stands in, undefined where nothing does. */
export function findModel(book: CompiledBook, provider: string | undefined, model: string): ModelName | undefined {
  for (const charge of book.charges) {
    const row = 'matrix' in charge.price ? findRow(charge.price.matrix, provider, model) : undefined
    if (row !== undefined) return { provider: row.provider, model: row.model }
  }
  return undefined
}

/** The attributes that decide who prices an event; its agent decides only whose segment it is. */
export function attributesOf(charges: readonly CompiledCharge[]): string[] {
  const names = charges.flatMap(({ filter, price }) => [
    ...filter.map(([name]) => name),
    ...('matrix' in price ? price.matrix.dimensions : []),
  ])
  return [...new Set(names)]
}

/** Charges are named once: the name is the revenue account. */
export function checkIds(charges: readonly Charge[]): void {
  const ids = charges.map((charge) => charge.id)
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index)
  if (twice !== -1) throw new BookInvalid(`charges.${twice}.id`, `${ids[twice]} stands twice`)
}

/**
 * A book is rated total by total, event after event. What is settled from all events of a period, from the agents that were
 * active in it, or when it closes, would be rated wrongly or not at all: it belongs to a plan.
 */
function checkRated(charge: Charge, field: string): void {
  const ofPlans = (at: string, what: string): never => {
    throw new BookInvalid(`${field}.${at}`, `${what}: it belongs to a plan, as books are rated total by total`)
  }
  const { price } = charge
  if (charge.scope === 'agent') ofPlans('scope', 'is counted by agent')
  if (charge.quantity?.free?.per === 'agent') ofPlans('quantity.free.per', 'follows from the active agents')
  if (charge.amount?.min !== undefined) ofPlans('amount.min', 'is settled when the period closes')
  switch (price.model) {
    case 'per_unit':
    case 'package':
    case 'matrix':
      return
    case 'graduated':
    case 'volume':
      if (price.first_flat === 'every_period') ofPlans('price.first_flat', 'is a fee of the period')
      return
    case 'percentage':
    case 'dynamic':
    case 'cost_plus':
    case 'outcome':
    case 'prorated_graduated':
      ofPlans('price.model', 'is priced from the events of the period')
  }
}

function instantOf(text: string, field: string): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new BookInvalid(field, `an RFC 3339 instant is expected; got ${text}`)
  return ms
}
