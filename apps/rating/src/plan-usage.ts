import type { Rejection } from '@portitor/contracts'
import type { UsageEvent } from '@portitor/metering'
import { chargesFor, type ChargeUse, type CompiledBook, inForce } from '@portitor/pricing'
import type { PlannedUsage } from './rate-batch.ts'

export interface Books {
  readonly price: readonly CompiledBook[]
  readonly cost: readonly CompiledBook[]
}

export type Plan = { readonly planned: PlannedUsage } | { readonly refused: Rejection }

/**
 * Finds what an event owes by: the books in force at the event's own time, on both sides. Decides every refusal,
 * before any counter is touched: no book, unknown model, a meter nobody prices. Never silently free.
 */
export function planUsage(event: UsageEvent, books: Books): Plan {
  const period = periodOf(event.timeMs)
  const price = usesOf(event, books.price, 'price')
  if ('refused' in price) return price
  const cost = usesOf(event, books.cost, 'cost')
  if ('refused' in cost) return cost
  if (price.currency !== cost.currency) {
    return {
      refused: {
        code: 'pricing.currency_mismatch',
        detail: `the price book is in ${price.currency}, the cost book in ${cost.currency}`,
      },
    }
  }
  const named = cost.uses.find(isNamed) ?? price.uses.find(isNamed)
  return {
    planned: {
      event,
      currency: price.currency,
      provider: named?.provider ?? event.attributes.provider,
      model: named?.model ?? event.attributes.model,
      period,
      price: price.uses,
      cost: cost.uses,
    },
  }
}

const DAY_MS = 86_400_000
const DAYS_MAX = 10_000
const periods = new Map<number, string>()

/** The billing period of an instant: its calendar month in UTC, `2026-11`. Remembered per day, as formatting a date is slow. */
function periodOf(timeMs: number): string {
  const day = Math.floor(timeMs / DAY_MS)
  let period = periods.get(day)
  if (period === undefined) {
    if (periods.size >= DAYS_MAX) periods.clear()
    periods.set(day, (period = new Date(day * DAY_MS).toISOString().slice(0, 7)))
  }
  return period
}

type Uses = { readonly uses: readonly ChargeUse[]; readonly currency: string } | { readonly refused: Rejection }

function usesOf(event: UsageEvent, books: readonly CompiledBook[], side: 'price' | 'cost'): Uses {
  const book = inForce(books, event.timeMs)
  if (book === undefined) {
    return {
      refused: { code: 'pricing.no_book', field: 'time', detail: `no ${side} book is in force at the event's time` },
    }
  }
  const { provider, model } = event.attributes
  const usage = { provider, model, quantities: event.quantities, attributes: event.attributes }
  const found = chargesFor(book, usage)
  if ('refused' in found) return { refused: found.refused }
  if (!found.uses.some(isTiered)) return { uses: found.uses, currency: book.currency }
  // for a charge with tiers a version that takes effect inside of the period waits for the next one.
  const opening = inForce(books, Date.parse(`${periodOf(event.timeMs)}-01T00:00:00Z`))
  if (opening === undefined || opening === book) return { uses: found.uses, currency: book.currency }
  const before = chargesFor(opening, usage)
  const openingUses = 'refused' in before ? [] : before.uses
  const uses = found.uses.map((use) =>
    isTiered(use)
      ? (openingUses.find((other) => other.charge === use.charge && other.group === use.group) ?? use)
      : use,
  )
  return { uses, currency: book.currency }
}

function isNamed(use: ChargeUse): boolean {
  return use.provider !== undefined
}

function isTiered(use: ChargeUse): boolean {
  return use.cells.some((cell) => cell.model.model !== 'per_unit')
}
