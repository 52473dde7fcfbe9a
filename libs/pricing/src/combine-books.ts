import { BookInvalid } from './charge.ts'
import type { CompiledBook } from './compile-book.ts'

/**
 * Books as one: a plan, its add-ons and what prices the rest. Each charge stays that of its own book; a meter is taken by the first that
 * names it. The whole is in force as long as the first. Throws `BookInvalid` where the currencies differ.
 */
export function combineBooks([first, ...others]: readonly [CompiledBook, ...CompiledBook[]]): CompiledBook {
  for (const other of others)
    if (other.currency !== first.currency)
      throw new BookInvalid('currency', `${other.currency} differs from the ${first.currency} of what it adds to`)
  return {
    ...first,
    charges: [first, ...others].flatMap(({ charges }) => charges),
    shapeAttributes: [...new Set([first, ...others].flatMap(({ shapeAttributes }) => shapeAttributes))],
  }
}
