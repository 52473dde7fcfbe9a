import { compileAmountRule, compileEventModel, compileModel, evaluate, evaluateEvents } from '@portitor/pricing'
import { type Answer, billionths, decimalOf, type Fields, VectorUnclear } from './vector.ts'

/**
 * From totals: a hybrid of a share of the value and a fixed part for each event, each with an allowance of its own. How large
 * they are follows from the running totals, as this category says.
 */
export function percentage(input: Fields): Answer {
  const units = billionths(input.text('units'))
  const count = billionths(input.text('count'))
  const running = input.texts('running_total').map(billionths)
  const freeEvents = Number(input.text('free_events', '0'))
  const freeUnits = billionths(input.text('free_units', '0'))
  const [rate, fixed] = [input.text('rate_percent'), input.text('fixed_amount', '0')]
  input.done()
  const share = compileModel({
    model: 'composed',
    price: { model: 'per_unit', rate, per: '100' },
    quantity: { free: { units: decimalOf(freeValueOf(running, freeEvents, freeUnits)), per: 'workspace' } },
  })
  const parts = compileModel({
    model: 'composed',
    price: { model: 'per_unit', rate: fixed, per: '1' },
    quantity: { free: { units: String(freeCountOf(running, freeEvents, freeUnits)), per: 'workspace' } },
  })
  const amount = evaluate(share, units) + (units === 0n ? 0n : evaluate(parts, count))
  return { actual: { amount: decimalOf(amount) } }
}

/** The running total after the free events where there are more than those; else all of it, up to the free units. */
function freeValueOf(running: readonly bigint[], freeEvents: number, freeUnits: bigint): bigint {
  const last = running.at(-1) ?? 0n
  if (freeEvents > 0 && freeEvents < running.length) return running[freeEvents - 1]!
  return freeUnits === 0n || last <= freeUnits ? last : freeUnits
}

/** The smaller of the free events and of the running totals below the free units, of those that are not zero. */
function freeCountOf(running: readonly bigint[], freeEvents: number, freeUnits: bigint): number {
  const counts = [freeEvents, running.filter((total) => total < freeUnits).length].filter((count) => count > 0)
  return counts.length === 0 ? 0 : Math.min(...counts)
}

/** Event by event: free while the allowance lasts, then the share and the fixed part, clamped. A free value goes before free events. */
export function percentageMinMax(input: Fields): Answer {
  const values = input.texts('events').map(billionths)
  const freeUnits = input.text('free_units', '0')
  const freeEvents = Number(input.text('free_events', '0'))
  const price = {
    model: 'percentage' as const,
    percent: input.text('rate_percent'),
    fixed: input.text('fixed_amount', '0'),
    ...(billionths(freeUnits) > 0n ? { free_value: freeUnits } : { free_events: freeEvents }),
    event_min: input.optional('per_event_min'),
    event_max: input.optional('per_event_max'),
  }
  input.done()
  const events = values.map((value, index) => ({ id: String(index).padStart(9, '0'), timeMs: index, value }))
  const rule = compileAmountRule(undefined, undefined, 'amount')
  const evaluated = evaluateEvents(compileEventModel(price, 'price'), rule, events)
  if ('refused' in evaluated) throw new VectorUnclear(evaluated.refused.detail)
  return { actual: { amount: decimalOf(evaluated.total) } }
}
