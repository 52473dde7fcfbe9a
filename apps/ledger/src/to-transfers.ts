import type { RatedCharge, RatedUsage } from '@portitor/contracts'
import { checkInt8, formatNanos, parseNanos } from '@portitor/money'
import { costSides, priceSides, type Sides } from './account.ts'
import { correctionTag, costTag, eventDigest, priceTag, transferId } from './transfer-ids.ts'

/** One transfer of a usage event: an amount above zero from one account to another. */
export interface Transfer extends Sides {
  readonly id: Buffer
  readonly amountNanos: bigint
  /** Version of the plan, price or cost book that was in force. */
  readonly version: number
  /** The charge of a price transfer. A cost transfer is the sum over its charges. */
  readonly charge: string | null
}

/** A rated event and what it owes. No transfers at all: everything in it was free. */
export interface UsageTransfers {
  readonly usage: RatedUsage
  readonly timeMs: number
  readonly price: readonly Transfer[]
  /** One at most, but of a correction one for each version. */
  readonly cost: readonly Transfer[]
}

/**
 * L-3: one price transfer per charge and one cost transfer per event. Zero makes none, a negative difference swaps the
 * sides. A record of a correction makes one for each charge and version on either side. Throws where the charges do not add
 * up to the event's price or cost: such an event is wrong as a whole.
 */
export function toTransfers(usage: RatedUsage): UsageTransfers {
  checkTotals(usage)
  const timeMs = Date.parse(usage.time)
  const digest = eventDigest(usage.workspace_id.toLowerCase(), usage.source, usage.id)
  const period = usage.period ?? monthOf(usage.time, timeMs)
  const { charges, currency, revision, reverses = false, billed_in: billedIn = period } = usage
  const price: Transfer[] = []
  const cost: Transfer[] = []
  for (const { side, charge, plan, version, amount } of owedBy(charges, revision !== undefined)) {
    if (amount === 0n) continue
    const name = side === 'cost' ? `cost@${version}` : `price:${charge}:${plan ?? ''}@${version}`
    const tag = revision === undefined ? firstTag(side, charge) : correctionTag({ revision, reverses, name })
    const id = transferId(timeMs, digest, tag)
    if (side === 'cost')
      cost.push(transfer(id, costSides(currency, usage.provider ?? 'unknown'), amount, version, null))
    else price.push(transfer(id, priceSides(currency, charge, period, billedIn), amount, version, charge))
  }
  return { usage, timeMs, price, cost }
}

function firstTag(side: 'price' | 'cost', charge: string): string {
  return side === 'cost' ? costTag : priceTag(charge)
}

/** The calendar month in UTC. */
function monthOf(time: string, timeMs: number): string {
  return time.endsWith('Z') ? time.slice(0, 7) : new Date(timeMs).toISOString().slice(0, 7)
}

function transfer(
  id: Buffer,
  { debit, credit }: Sides,
  amount: bigint,
  version: number,
  charge: string | null,
): Transfer {
  return amount > 0n
    ? { id, debit, credit, amountNanos: checkInt8(amount), version, charge }
    : { id, debit: credit, credit: debit, amountNanos: checkInt8(-amount), version, charge }
}

interface Owed extends Pick<RatedCharge, 'side' | 'charge' | 'plan' | 'version'> {
  amount: bigint
}

/** A charge that stands in an event twice is one amount, and so is all of its cost; of a correction each version by itself. */
function owedBy(charges: readonly RatedCharge[], byVersion: boolean): Owed[] {
  const owed: Owed[] = []
  for (const { side, charge, plan, version, amount_nanos } of charges) {
    const amount = parseNanos(amount_nanos)
    const same = owed.find(
      (other) =>
        other.side === side &&
        (side === 'cost' || other.charge === charge) &&
        (!byVersion || (other.version === version && other.plan === plan)),
    )
    if (same === undefined) owed.push({ side, charge, ...(plan === undefined ? {} : { plan }), version, amount })
    else same.amount += amount
  }
  return owed
}

function checkTotals({ charges, price_nanos, cost_nanos }: RatedUsage): void {
  let price = 0n
  let cost = 0n
  for (const { side, amount_nanos } of charges)
    if (side === 'cost') cost += parseNanos(amount_nanos)
    else price += parseNanos(amount_nanos)
  checkTotal('price', price, price_nanos)
  checkTotal('cost', cost, cost_nanos)
}

function checkTotal(side: 'price' | 'cost', total: bigint, said: string): void {
  // Comparing texts first: parsing a second time is worth a tenth of all that is done to an event here.
  if (formatNanos(total) === said || parseNanos(said) === total) return
  throw new Error(`the charges of the event add up to a ${side} of ${total}, and it says ${said}`)
}
