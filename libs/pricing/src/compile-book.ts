import { BookInvalid, type BookContent, type BookSide, type Charge, type ModelName } from './charge.ts'
import { compileModel, type EvaluableModel } from './evaluate.ts'
import { findRow } from './find-row.ts'
import { compileMatrix, type CompiledMatrix } from './matrix.ts'

/** One version of a book with everything resolved that does not depend on the event. Keep it for as long as the version is used. */
export interface CompiledBook {
  readonly side: BookSide
  readonly version: number
  readonly currency: string
  /** Events with a time in [effectiveFromMs, effectiveToMs) fall under it; `Infinity` without an end. */
  readonly effectiveFromMs: number
  readonly effectiveToMs: number
  readonly charges: readonly CompiledCharge[]
  /** The attributes that some charge filters by. */
  readonly filterNames: readonly string[]
}

export interface CompiledCharge {
  readonly id: string
  readonly filter: readonly (readonly [attribute: string, value: string])[]
  readonly meters: readonly string[]
  /** What `outcome:*` begins with, star taken off. */
  readonly meterPrefixes: readonly string[]
  readonly price: { readonly model: EvaluableModel } | { readonly matrix: CompiledMatrix }
}

/** Compiles a published book, or checks a draft. Throws `BookInvalid` naming the field where the book contradicts itself. */
export function compileBook(side: BookSide, version: number, content: BookContent): CompiledBook {
  const effectiveFromMs = instantOf(content.effective_from, 'effective_from')
  const effectiveToMs = content.effective_to === null ? Infinity : instantOf(content.effective_to, 'effective_to')
  if (effectiveToMs <= effectiveFromMs) throw new BookInvalid('effective_to', 'lies after effective_from')
  const ids = content.charges.map((charge) => charge.id)
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index)
  if (twice !== -1) throw new BookInvalid(`charges.${twice}.id`, `${ids[twice]} stands twice`)
  const charges = content.charges.map((charge, index) => compileCharge(charge, `charges.${index}`))
  const filterNames = [...new Set(charges.flatMap((charge) => charge.filter.map(([name]) => name)))]
  return { side, version, currency: content.currency, effectiveFromMs, effectiveToMs, charges, filterNames }
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

function compileCharge(charge: Charge, field: string): CompiledCharge {
  const at = `${field}.price`
  return {
    id: charge.id,
    filter: Object.entries(charge.filter ?? {}),
    meters: charge.meters.filter((meter) => !meter.endsWith(':*')),
    meterPrefixes: charge.meters.filter((meter) => meter.endsWith(':*')).map((meter) => meter.slice(0, -1)),
    price:
      charge.price.model === 'matrix'
        ? { matrix: compileMatrix(charge.price, at) }
        : { model: compileModel(charge.price, at) },
  }
}

function instantOf(text: string, field: string): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new BookInvalid(field, `an RFC 3339 instant is expected; got ${text}`)
  return ms
}
