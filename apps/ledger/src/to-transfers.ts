import type { RatedUsage } from '@portitor/contracts'
import { checkInt8, formatNanos, parseNanos } from '@portitor/money'
import { costSides, priceSides, type Sides } from './account.ts'
import { costTag, eventDigest, priceTag, transferId } from './transfer-ids.ts'

/** One transfer of a usage event: an amount above zero from one account to another. */
export interface Transfer extends Sides {
  readonly id: Buffer
  readonly amountNanos: bigint
  /** Version of the price or cost book that was in force. */
  readonly version: number
  /** The charge of a price transfer. A cost transfer is the sum over its charges. */
  readonly charge: string | null
}

/** A rated event and what it owes. No transfers at all: everything in it was free. */
export interface UsageTransfers {
  readonly usage: RatedUsage
  readonly timeMs: number
  readonly price: readonly Transfer[]
  readonly cost: Transfer | undefined
}

/**
 * L-3: one price transfer per charge and one cost transfer per event. Zero makes none, a negative difference swaps the
 * sides. Throws where the charges do not add up to the event's price or cost: such an event is wrong as a whole.
 */
export function toTransfers(usage: RatedUsage): UsageTransfers {
  const timeMs = Date.parse(usage.time)
  const period = usage.time.endsWith('Z') ? usage.time.slice(0, 7) : new Date(timeMs).toISOString().slice(0, 7)
  const digest = eventDigest(usage.workspace_id.toLowerCase(), usage.source, usage.id)
  const owed = addUp(usage)
  const price: Transfer[] = []
  for (const { charge, amount, version } of owed.price) {
    if (amount === 0n) continue
    const id = transferId(timeMs, digest, priceTag(charge))
    price.push(transfer(id, priceSides(usage.currency, charge, period), amount, version, charge))
  }
  if (owed.cost === 0n) return { usage, timeMs, price, cost: undefined }
  const sides = costSides(usage.currency, usage.provider ?? 'unknown')
  const cost = transfer(transferId(timeMs, digest, costTag), sides, owed.cost, owed.costVersion, null)
  return { usage, timeMs, price, cost }
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

/** What an event owes per charge, and what it costs. A charge that stands in it twice is one amount. */
function addUp(usage: RatedUsage) {
  const price: { charge: string; amount: bigint; version: number }[] = []
  let priceTotal = 0n
  let cost = 0n
  let costVersion = 0
  for (const { side, charge, version, amount_nanos } of usage.charges) {
    const amount = parseNanos(amount_nanos)
    if (side === 'cost') {
      cost += amount
      costVersion = version
      continue
    }
    priceTotal += amount
    const same = price.find((owed) => owed.charge === charge)
    if (same === undefined) price.push({ charge, amount, version })
    else same.amount += amount
  }
  checkTotal('price', priceTotal, usage.price_nanos)
  checkTotal('cost', cost, usage.cost_nanos)
  return { price, cost, costVersion }
}

function checkTotal(side: 'price' | 'cost', total: bigint, said: string): void {
  // Comparing texts first: parsing a second time is worth a tenth of all that is done to an event here.
  if (formatNanos(total) === said || parseNanos(said) === total) return
  throw new Error(`the charges of the event add up to a ${side} of ${total}, and it says ${said}`)
}
