import type { Meter } from '@portitor/contracts'

/** Why a meter is refused: a stable code, the field, what is expected of it. */
interface MeterRefusal {
  readonly code: 'meter.aggregation_unsupported' | 'meter.invalid'
  readonly field: string
  readonly expected: string
}

/**
 * M-3: judges the definition of a new meter. Only sums and counts are metered so far. A part must be a sum over events of
 * its total's type, and the total must be no part itself, so that what remains of a total is one subtraction (M-12).
 */
export function checkMeter(meter: Meter, existing: readonly Meter[]): MeterRefusal | undefined {
  if (meter.aggregation !== 'sum' && meter.aggregation !== 'count')
    return { code: 'meter.aggregation_unsupported', field: 'aggregation', expected: 'sum or count' }
  if (meter.aggregation === 'sum' && meter.value === undefined)
    return invalid('value', 'the field of data that holds the quantity to sum')
  if (meter.aggregation === 'count' && meter.value !== undefined)
    return invalid('value', 'nothing: a count is one per event')
  if (meter.name.endsWith(':*') !== (meter.name_from !== undefined))
    return invalid('name_from', 'the field that completes a name ending in ":*", and nothing for other names')
  if (meter.part_of === undefined) return undefined
  const total = existing.find(({ name }) => name === meter.part_of)
  if (total === undefined || total.aggregation !== 'sum' || total.part_of !== undefined)
    return invalid('part_of', 'a meter that exists, is a sum and no part itself')
  if (meter.aggregation !== 'sum' || total.event_type !== meter.event_type)
    return invalid('part_of', `a sum over events of type ${total.event_type}, as ${total.name} is`)
  return undefined
}

function invalid(field: string, expected: string): MeterRefusal {
  return { code: 'meter.invalid', field, expected }
}
