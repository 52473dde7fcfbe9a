import type { Rejection } from '@portitor/contracts'
import { judgeEvent, type UsageEvent } from '@portitor/metering'
import { add, formatQuantity, type Rational } from '@portitor/money'
import {
  type ChargeUse,
  evaluate,
  type EvaluableModel,
  eventAmount,
  type EventPricing,
  type EventUse,
  owedOfSum,
  type PricedEvent,
} from '@portitor/pricing'
import { type Catalog, type ChargedEvent, chargesOfEvent } from './event-charges.ts'
import { nobodySubscribed, SubscribedBooks } from './subscribed-books.ts'

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
  /**
   * By `provider/model` as the books name it; events without a model stand under their type. What a plan's charge owes stands under
   * `plan: charge`, without the events: a total of several models has no price for each of them.
   */
  readonly byModel: ReadonlyMap<string, UsageTotals>
  /** By workspace id. */
  readonly byWorkspace: ReadonlyMap<string, UsageTotals>
  /** By workspace id: under which plans its events fell, and in which billing periods. Who is on the price book is not here. */
  readonly subscribers: ReadonlyMap<string, Subscriber>
  /** Events that ingestion takes and rating dead-letters, since the books do not price them. They stand in no total. */
  readonly unpriced: number
  /** The same by code. */
  readonly refused: ReadonlyMap<string, number>
}

/** `plans`: each as `plan@version`. `periods`: as their bills name them. */
export interface Subscriber {
  readonly plans: ReadonlySet<string>
  readonly periods: ReadonlySet<string>
}

/**
 * Adds up what events must come to, without their order and without asking the ledger: quantities are summed per segment
 * (workspace, period, side, charge, plan, version, group, cell), and a segment owes F of its sum. It holds the segments,
 * not the events. Right only where the segments hold nothing else.
 */
export class Expectation {
  readonly #catalog: Catalog
  readonly #books: SubscribedBooks
  readonly #segments = new Map<string, Segment>()
  readonly #models = new Map<string, Tally>()
  readonly #workspaces = new Map<string, Tally>()
  readonly #all = newTally()
  readonly #subscribers = new Map<string, { plans: Set<string>; periods: Set<string> }>()
  readonly #refused = new Map<string, number>()
  #currency: string | undefined

  constructor(catalog: Catalog) {
    this.#catalog = catalog
    this.#books = new SubscribedBooks(catalog.subscribed ?? nobodySubscribed, catalog.price)
  }

  /** Takes an event as it is sent, `subject` included. Gives the reason where it will not be rated. */
  add(raw: unknown, nowMs: number): Rejection | undefined {
    const judged = judgeEvent(raw, { meters: this.#catalog.meters, nowMs, receivedMs: nowMs })
    // Ingestion judges by the same function and says so in its answer.
    if ('rejected' in judged) return judged.rejected
    const charged = chargesOfEvent(judged.accepted, this.#catalog, this.#books)
    if ('refused' in charged) {
      this.#refused.set(charged.refused.code, (this.#refused.get(charged.refused.code) ?? 0) + 1)
      return charged.refused
    }
    const { event, terms, currency } = charged
    this.#currency ??= currency
    if (currency !== this.#currency) throw new Error(`amounts of ${this.#currency} and ${currency} cannot be added up`)
    for (const tally of this.#talliesOf(charged.model, event.workspaceId)) count(tally, event)
    if (terms.plan !== undefined) this.#remember(event.workspaceId, terms.plan, terms.period)
    for (const use of charged.price) this.#advance('price', use, charged)
    for (const { use, priced } of charged.byEvent) this.#advanceByEvent(use, priced, charged)
    for (const use of charged.cost) this.#advance('cost', use, charged)
    return undefined
  }

  totals(): ExpectedTotals {
    const all = { ...this.#all }
    const byModel = copies(this.#models)
    const byWorkspace = copies(this.#workspaces)
    for (const segment of this.#segments.values()) {
      const owed = owedOf(segment)
      const field = segment.side === 'price' ? 'priceNanos' : 'costNanos'
      const row = byModel.get(segment.row) ?? newTally()
      byModel.set(segment.row, row)
      for (const tally of [all, row, byWorkspace.get(segment.workspaceId)!]) tally[field] += owed
    }
    return {
      ...finished(all),
      currency: this.#currency ?? 'USD',
      byModel: new Map([...byModel].map(([name, tally]) => [name, finished(tally)])),
      byWorkspace: new Map([...byWorkspace].map(([id, tally]) => [id, finished(tally)])),
      subscribers: this.#subscribers,
      unpriced: [...this.#refused.values()].reduce((all, events) => all + events, 0),
      refused: this.#refused,
    }
  }

  #remember(workspaceId: string, plan: string, period: string): void {
    let known = this.#subscribers.get(workspaceId)
    if (known === undefined) this.#subscribers.set(workspaceId, (known = { plans: new Set(), periods: new Set() }))
    known.plans.add(plan)
    known.periods.add(period)
  }

  #talliesOf(model: string, workspaceId: string): Tally[] {
    const own = (tallies: Map<string, Tally>, key: string) => {
      const found = tallies.get(key) ?? newTally()
      tallies.set(key, found)
      return found
    }
    return [this.#all, own(this.#models, model), own(this.#workspaces, workspaceId)]
  }

  #advance(side: Side, use: ChargeUse, charged: ChargedEvent): void {
    for (const { cell, model: price, quantity } of use.cells) {
      const place = placeOf(side, use, charged)
      const key = `${place.key} ${cell}`
      const segment = this.#segments.get(key)
      if (segment === undefined) this.#segments.set(key, { ...place, price, quantity })
      else if ('price' in segment) segment.quantity += quantity
    }
  }

  #advanceByEvent(use: EventUse, priced: PricedEvent, charged: ChargedEvent): void {
    const { pricing } = use
    const owed = eventAmount(pricing.model, priced)
    if ('refused' in owed) throw new Error(owed.refused.detail)
    const place = placeOf('price', use, charged)
    const segment = this.#segments.get(place.key)
    if (segment === undefined) this.#segments.set(place.key, { ...place, pricing, sum: owed.amount })
    else if ('pricing' in segment) segment.sum = add(segment.sum, owed.amount)
  }
}

type Side = 'price' | 'cost'

interface Place {
  readonly key: string
  readonly side: Side
  readonly workspaceId: string
  /** Where its amount stands in `byModel`. */
  readonly row: string
}
/** What sums a total, or the exact amounts of events. */
type Segment = Place &
  ({ readonly price: EvaluableModel; quantity: bigint } | { readonly pricing: EventPricing; sum: Rational })

function placeOf(side: Side, use: ChargeUse | EventUse, { event, terms, model }: ChargedEvent): Place {
  const { workspaceId, timeMs } = event
  // Cost knows no subscription (ADR 22).
  const period = side === 'price' ? terms.key : new Date(timeMs).toISOString().slice(0, 7)
  const row = use.plan === undefined ? model : `${use.plan}: ${use.charge}`
  return { key: `${workspaceId} ${period} ${use.key}`, side, workspaceId, row }
}

function owedOf(segment: Segment): bigint {
  if ('price' in segment) return evaluate(segment.price, segment.quantity)
  return owedOfSum(segment.pricing.rule, segment.sum)
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
