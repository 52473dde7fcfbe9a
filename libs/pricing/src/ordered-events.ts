import { add, oneUnit, type Rational } from '@portitor/money'
import { comesBefore, evaluateEvents, inOrder, missing } from './evaluate-events.ts'
import type { EventPricing } from './event-pricing.ts'
import { owedOfSum } from './event-sum.ts'
import { type FreeStretch, freeStretch, paidAmount } from './percentage.ts'
import type { PricedEvent } from './priced-event.ts'

const nothing: Rational = { numerator: 0n, denominator: 1n }

/**
 * The events of a segment whose order decides, and F of them: what `evaluateEvents` makes of them, without evaluating all of
 * them again for each that comes or goes. Of a percentage only the free events depend on the order: every one after them owes by
 * itself, so only an event among the free ones moves anything else. Prorated steps are evaluated as a whole each time.
 */
export class OrderedEvents {
  readonly #pricing: EventPricing
  readonly #events: PricedEvent[]
  #quantity = 0n
  /** The free ones at the beginning, and what those after them owe. Of a percentage only. */
  #free: FreeStretch = { length: 0, owed: nothing }
  #paid = nothing

  /** Throws where an event lacks what the model prices. */
  constructor(pricing: EventPricing, events: Iterable<PricedEvent>) {
    this.#pricing = pricing
    this.#events = inOrder([...events])
    for (const event of this.#events) this.#check(event)
    this.#quantity = this.#events.reduce((total, event) => total + quantityOf(event), 0n)
    this.#moveStretch(this.#events.length)
  }

  get count(): number {
    return this.#events.length
  }
  get quantity(): bigint {
    return this.#quantity
  }

  /** F, in nano-units of the book's currency. */
  get owed(): bigint {
    const { model, rule } = this.#pricing
    if (model.model === 'percentage') return owedOfSum(rule, add(this.#free.owed, this.#paid))
    const evaluated = evaluateEvents(model, rule, this.#events)
    if ('refused' in evaluated) throw new Error(evaluated.refused.detail)
    return evaluated.total
  }

  /** Throws where the event lacks what the model prices. */
  add(event: PricedEvent): void {
    this.#check(event)
    const place = this.#placeOf(event)
    const { length } = this.#free
    // Where some are paid already, the free stretch has ended, and ends there still if this one comes after it.
    const isAfter = place >= length && this.#events.length > length
    this.#events.splice(place, 0, event)
    this.#quantity += quantityOf(event)
    if (isAfter) this.#pay(event, 1n)
    else this.#moveStretch(length + 1)
  }

  /** Throws where it is not there. */
  remove(event: PricedEvent): void {
    const place = this.#placeOf(event)
    const found = this.#events[place]
    if (found?.id !== event.id || found.timeMs !== event.timeMs) throw new Error(`the event ${event.id} is not kept`)
    this.#events.splice(place, 1)
    this.#quantity -= quantityOf(found)
    if (place >= this.#free.length) this.#pay(found, -1n)
    else this.#moveStretch(this.#free.length - 1)
  }

  /** Finds the free stretch again; `paidFrom`: where those begin that are in the sum of the paid ones. */
  #moveStretch(paidFrom: number): void {
    const { model } = this.#pricing
    if (model.model !== 'percentage') return
    this.#free = freeStretch(model, this.#events)
    const { length } = this.#free
    for (let place = length; place < paidFrom; place += 1) this.#pay(this.#events[place]!, 1n)
    for (let place = paidFrom; place < length; place += 1) this.#pay(this.#events[place]!, -1n)
  }

  #pay(event: PricedEvent, sign: 1n | -1n): void {
    const { model } = this.#pricing
    if (model.model !== 'percentage') return
    const { numerator, denominator } = paidAmount(model, event.value!)
    this.#paid = add(this.#paid, { numerator: sign * numerator, denominator })
  }

  #check(event: PricedEvent): void {
    const refused = missing(this.#pricing.model, event)
    if (refused !== undefined) throw new Error(refused.detail)
  }

  /** Where an event is, or would be: the first place whose event does not come before it. */
  #placeOf(event: PricedEvent): number {
    let [low, high] = [0, this.#events.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (comesBefore(this.#events[middle]!, event)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function quantityOf({ quantity }: PricedEvent): bigint {
  return quantity ?? oneUnit
}
