import { BoundedMemo } from './bounded-memo.ts'
import {
  type Claim,
  claimByEvent,
  claimByModel,
  type ClaimedUse,
  claimMeters,
  type EventClaim,
  type Matching,
} from './claim-meters.ts'
import type { CompiledBook } from './compile-book.ts'
import type { CompiledCharge } from './compile-charge.ts'
import type { EvaluableModel } from './evaluate.ts'
import type { Refusal } from './refusal.ts'
import type { Usage } from './usage.ts'

/** Longer shapes are planned each time: it bounds the memory that names chosen by customers can take. */
const shapeCharactersMax = 1_024
const shapesMax = 10_000

/** By shape, in it one plan per band. They live as long as their book. */
const plansOf = new WeakMap<CompiledBook, BoundedMemo<ChargePlan[]>>()

/** Who prices what of an event: the same for all events of its shape, whatever their agents and their quantities within the band. */
export interface ChargePlan {
  readonly refused: Refusal | undefined
  readonly claims: ReadonlyMap<string, Claim>
  readonly requestsIncluded: boolean
  /** In the order of claiming. */
  readonly uses: readonly PlannedUse[]
  readonly byEvent: readonly EventClaim[]
  /** The first charge that counts by agent; `refused`, where there is one, stands in a charge after it. */
  readonly agentCharge: string | undefined
  readonly inputOver: bigint
  readonly inputUpTo: bigint | undefined
}

export interface PlannedUse {
  readonly use: ClaimedUse
  readonly cells: readonly PlannedCell[]
}

interface PlannedCell {
  readonly cell: string
  readonly model: EvaluableModel
  readonly meter: string
  /** The meters that count together with it. */
  readonly others: readonly string[]
}

/** Usage repeats itself: a few models and kinds of tokens make nearly all of it, so each shape is walked through the book once. */
export function planFor(book: CompiledBook, usage: Usage): ChargePlan {
  const shape = shapeOf(book, usage)
  if (shape.length > shapeCharactersMax) return planCharges(book, usage)
  const input = usage.quantities.get('input_tokens') ?? 0n
  let plans = plansOf.get(book)
  if (plans === undefined) plansOf.set(book, (plans = new BoundedMemo<ChargePlan[]>(shapesMax)))
  const known = plans.get(shape)
  let plan = known?.find(
    ({ inputOver, inputUpTo }) => input > inputOver && (inputUpTo === undefined || input <= inputUpTo),
  )
  if (plan === undefined) {
    plan = planCharges(book, usage)
    // A row has few bands, so a list of them is short.
    plans.set(shape, [...(known ?? []), plan])
  }
  return plan
}

/** All that a plan depends on but the band: names, the attributes that charges and rows ask for, and which meters the event has some of. */
function shapeOf(book: CompiledBook, { provider, model, quantities, attributes }: Usage): string {
  let shape = counted(provider) + counted(model)
  for (const name of book.shapeAttributes) shape += counted(attributes[name])
  for (const [meter, quantity] of quantities) if (quantity > 0n) shape += counted(meter)
  return shape
}

/** With its length before it, so that no two lists of texts make one shape. */
function counted(text: string | undefined): string {
  return text === undefined ? ';' : `${text.length}:${text}`
}

function planCharges(book: CompiledBook, usage: Usage): ChargePlan {
  const matching: Matching = {
    book,
    usage,
    claims: new Map(),
    uses: [],
    byEvent: [],
    agentCharge: undefined,
    requestsIncluded: false,
    inputOver: -1n,
    inputUpTo: undefined,
  }
  let refused: Refusal | undefined
  for (const charge of book.charges) {
    if (!holds(charge, usage)) continue
    refused = claim(matching, charge)
    if (refused !== undefined) break
  }
  const { claims, byEvent, agentCharge, requestsIncluded, inputOver, inputUpTo } = matching
  const uses = matching.uses.map((use) => ({ use, cells: cellsOf(claims, use) }))
  return { refused, claims, requestsIncluded, uses, byEvent, agentCharge, inputOver, inputUpTo }
}

function claim(matching: Matching, charge: CompiledCharge): Refusal | undefined {
  const { price } = charge
  if ('matrix' in price) return claimByModel(matching, charge, price.matrix)
  if ('model' in price) claimMeters(matching, charge, price.model)
  else claimByEvent(matching, charge, price.byEvent)
  return undefined
}

function cellsOf(claims: ReadonlyMap<string, Claim>, use: ClaimedUse): PlannedCell[] {
  const cells = new Map<string, PlannedCell & { readonly others: string[] }>()
  for (const [meter, claim] of claims) {
    if (claim.use !== use || claim.model === undefined) continue
    const cell = claim.cell ?? meter
    const known = cells.get(cell)
    if (known === undefined) cells.set(cell, { cell, model: claim.model, meter, others: [] })
    else known.others.push(meter)
  }
  return [...cells.values()]
}

function holds(charge: CompiledCharge, usage: Usage): boolean {
  for (const [name, value] of charge.filter) {
    const own = name === 'provider' || name === 'model' ? usage[name] : undefined
    if ((own ?? usage.attributes[name]) !== value) return false
  }
  return true
}
