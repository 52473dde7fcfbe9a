import type { PricedLine } from '@portitor/contracts'
import { formatQuantity } from '@portitor/money'
import type { ExplainedLine } from '@portitor/pricing'

/** A line of an explanation or an estimate as the API says it. */
export function toPricedLine(line: ExplainedLine): PricedLine {
  return {
    side: line.side,
    charge: line.charge,
    ...(line.plan === undefined ? {} : { plan: line.plan }),
    version: line.version,
    segment: line.group,
    cell: line.cell,
    tier: line.tier,
    q0: formatQuantity(line.q0),
    q1: formatQuantity(line.q1),
    rate: line.rate,
    per: line.per,
    amount_nanos: String(line.amount),
    text: line.text,
  }
}
