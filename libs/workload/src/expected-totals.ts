import type { Rejection } from '@portitor/contracts'
import { judgeEvent, type MeterIndex, type UsageEvent } from '@portitor/metering'
import { formatQuantity } from '@portitor/money'
import {
  chargesFor,
  evaluate,
  inForce,
  type BookSide,
  type ChargeUse,
  type CompiledBook,
  type EvaluableModel,
} from '@portitor/pricing'

/** What events are judged and priced by: everything that is published and in force at some time of theirs. */
export interface Catalog {
  readonly meters: MeterIndex
  readonly price: readonly CompiledBook[]
  readonly cost: readonly CompiledBook[]
}

/** Counts and amounts (nano-units) of some of the events. Token totals include their parts (M-12). */
export interface UsageTotals {
  readonly events: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly priceNanos: bigint
  readonly costNanos: bigint
}

export interface ExpectedTotals extends UsageTotals {
  readonly currency: string
  /** By `provider/model` as the books name it; events without a model stand under their type. */
  readonly byModel: ReadonlyMap<string, UsageTotals>
  /** By workspace id. */
  readonly byWorkspace: ReadonlyMap<string, UsageTotals>
  /** Events that ingestion takes and rating dead-letters, since the books do not price them. They stand in no total. */
  readonly unpriced: number
  /** The same by code. */
  readonly refused: ReadonlyMap<string, number>
}

/**
 * Adds up what events must come to, without their order and without asking the ledger: quantities are summed per segment
 * (workspace, month, side, charge, version, group, cell), and a segment owes F of its sum. It holds the segments,
 * not the events. Right only where the segments hold nothing else.
 */
export class Expectation {
  readonly #catalog: Catalog
  readonly #segments = new Map<string, Segment>()
  readonly #models = new Map<string, Tally>()
  readonly #workspaces = new Map<string, Tally>()
  readonly #all = newTally()
  readonly #refused = new Map<string, number>()
  #currency: string | undefined

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** Takes an event as it is sent, `subject` included. Gives the reason where it will not be rated. */
  add(raw: unknown, nowMs: number): Rejection | undefined {
    const judged = judgeEvent(raw, { meters: this.#catalog.meters, nowMs, receivedMs: nowMs })
    // Ingestion judges by the same function and says so in its answer.
    if ('rejected' in judged) return judged.rejected
    const plan = this.#plan(judged.accepted)
    if ('refused' in plan) {
      this.#refused.set(plan.refused.code, (this.#refused.get(plan.refused.code) ?? 0) + 1)
      return plan.refused
    }
    for (const tally of this.#talliesOf(plan.model, plan.event.workspaceId)) count(tally, plan.event)
    this.#advance('price', plan.price, plan)
    this.#advance('cost', plan.cost, plan)
    return undefined
  }

  totals(): ExpectedTotals {
    const all = { ...this.#all }
    const byModel = copies(this.#models)
    const byWorkspace = copies(this.#workspaces)
    for (const { side, model, workspaceId, price, quantity } of this.#segments.values()) {
      const owed = evaluate(price, quantity)
      const field = side === 'price' ? 'priceNanos' : 'costNanos'
      for (const tally of [all, byModel.get(model)!, byWorkspace.get(workspaceId)!]) tally[field] += owed
    }
    return {
      ...finished(all),
      currency: this.#currency ?? 'USD',
      byModel: new Map([...byModel].map(([name, tally]) => [name, finished(tally)])),
      byWorkspace: new Map([...byWorkspace].map(([id, tally]) => [id, finished(tally)])),
      unpriced: [...this.#refused.values()].reduce((all, events) => all + events, 0),
      refused: this.#refused,
    }
  }

  #plan(event: UsageEvent): Plan {
    const price = usesOf(this.#catalog.price, event)
    if ('refused' in price) return price
    const cost = usesOf(this.#catalog.cost, event)
    if ('refused' in cost) return cost
    this.#currency ??= price.currency
    if (price.currency !== cost.currency || price.currency !== this.#currency)
      throw new Error(`amounts of ${this.#currency}, ${price.currency} and ${cost.currency} cannot be added up`)
    const named = [...cost.uses, ...price.uses].find((use) => use.provider !== undefined)
    const model = named === undefined ? event.type : `${named.provider}/${named.model}`
    return { event, model, price: price.uses, cost: cost.uses }
  }

  #talliesOf(model: string, workspaceId: string): Tally[] {
    const own = (tallies: Map<string, Tally>, key: string) => {
      const found = tallies.get(key) ?? newTally()
      tallies.set(key, found)
      return found
    }
    return [this.#all, own(this.#models, model), own(this.#workspaces, workspaceId)]
  }

  #advance(side: BookSide, uses: readonly ChargeUse[], { event: { workspaceId, timeMs }, model }: PlannedEvent): void {
    const month = new Date(timeMs).toISOString().slice(0, 7)
    for (const { charge, version, group, cells } of uses)
      for (const { cell, model: price, quantity } of cells) {
        const key = [side, workspaceId, month, charge, version, group, cell].join('|')
        const segment = this.#segments.get(key)
        if (segment === undefined) this.#segments.set(key, { side, workspaceId, model, price, quantity })
        else segment.quantity += quantity
      }
  }
}

interface PlannedEvent {
  readonly event: UsageEvent
  readonly model: string
  readonly price: readonly ChargeUse[]
  readonly cost: readonly ChargeUse[]
}
type Plan = PlannedEvent | { readonly refused: Rejection }

interface Segment {
  readonly side: BookSide
  readonly workspaceId: string
  readonly model: string
  readonly price: EvaluableModel
  quantity: bigint
}

/** The charges in force at the event's time; for a charge with tiers those at the beginning of its month. */
function usesOf(
  books: readonly CompiledBook[],
  event: UsageEvent,
): { refused: Rejection } | { uses: readonly ChargeUse[]; currency: string } {
  const book = inForce(books, event.timeMs)
  if (book === undefined) return { refused: { code: 'pricing.no_book', detail: 'no book is in force at the time' } }
  const { quantities, attributes } = event
  const usage = { provider: attributes['provider'], model: attributes['model'], quantities, attributes }
  const found = chargesFor(book, usage)
  if ('refused' in found) return found
  const monthMs = Date.parse(`${new Date(event.timeMs).toISOString().slice(0, 7)}-01T00:00:00Z`)
  const opening = found.uses.some(isTiered) ? inForce(books, monthMs) : undefined
  const before = opening === undefined || opening === book ? undefined : chargesFor(opening, usage)
  if (before === undefined || 'refused' in before) return { uses: found.uses, currency: book.currency }
  const same = (use: ChargeUse) => before.uses.find(({ charge, group }) => charge === use.charge && group === use.group)
  return { uses: found.uses.map((use) => (isTiered(use) ? (same(use) ?? use) : use)), currency: book.currency }
}

function isTiered(use: ChargeUse): boolean {
  return use.cells.some(({ model }) => model.model !== 'per_unit')
}

interface Tally {
  events: number
  input: bigint
  cached: bigint
  output: bigint
  priceNanos: bigint
  costNanos: bigint
}

function newTally(): Tally {
  return { events: 0, input: 0n, cached: 0n, output: 0n, priceNanos: 0n, costNanos: 0n }
}

function count(tally: Tally, { quantities }: UsageEvent): void {
  tally.events += 1
  tally.input += quantities.get('input_tokens') ?? 0n
  tally.cached += quantities.get('cached_input_tokens') ?? 0n
  tally.output += quantities.get('output_tokens') ?? 0n
}

function copies(tallies: ReadonlyMap<string, Tally>): Map<string, Tally> {
  return new Map([...tallies].map(([key, tally]) => [key, { ...tally }]))
}

function finished({ events, input, cached, output, priceNanos, costNanos }: Tally): UsageTotals {
  const tokens = (quantity: bigint) => Number(formatQuantity(quantity))
  return {
    events,
    inputTokens: tokens(input),
    cachedInputTokens: tokens(cached),
    outputTokens: tokens(output),
    priceNanos,
    costNanos,
  }
}
