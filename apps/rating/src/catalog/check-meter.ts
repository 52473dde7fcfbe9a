import type { Aggregation, Meter } from '@portitor/contracts'

/** Why a meter is refused: a stable code, the field, what is expected of it. */
interface MeterRefusal {
  readonly code: 'meter.invalid'
  readonly field: string
  readonly expected: string
}

/**
 * M-3: judges the definition of a new meter. A part must be a sum over events of its total's type, and the total a sum and no
 * part itself, so that what remains of a total is one subtraction (M-12): a largest or a last quantity has no parts that
 * add up to it, and neither has a number of different values. A name is counted in one way: where an open meter completes
 * names to this one, both add up. Open names are otherwise free for each aggregation, for a completed name is a meter
 * of its own, with a largest quantity, a last one or values of its own.
 */
export function checkMeter(meter: Meter, existing: readonly Meter[]): MeterRefusal | undefined {
  const { aggregation, value, name_from: nameFrom, part_of: partOf } = meter
  if (aggregation === 'count' ? value !== undefined : value === undefined)
    return invalid('value', expectedValue[aggregation])
  if (meter.name.endsWith(':*') !== (nameFrom !== undefined))
    return invalid('name_from', 'the field that completes a name ending in ":*", and nothing for other names')
  const twin = existing.find((other) => overlap(meter.name, other.name) || overlap(other.name, meter.name))
  if (twin !== undefined && !(addsUp(meter) && addsUp(twin)))
    return invalid('name', `a name apart from ${twin.name}, for a name is either added up or not`)
  return partOf === undefined ? undefined : checkPart(meter, partOf, existing)
}

function checkPart(meter: Meter, partOf: string, existing: readonly Meter[]): MeterRefusal | undefined {
  const total = existing.find(({ name }) => name === partOf)
  if (total === undefined || total.aggregation !== 'sum' || total.part_of !== undefined)
    return invalid('part_of', 'a meter that exists, is a sum and no part itself')
  if (meter.aggregation !== 'sum' || total.event_type !== meter.event_type)
    return invalid('part_of', `a sum over events of type ${total.event_type}, as ${total.name} is`)
  return undefined
}

const expectedValue: Readonly<Record<Aggregation, string>> = {
  sum: 'the field of data that holds the quantity to sum',
  count: 'nothing: a count is one per event',
  max: 'the field of data that holds the quantity to find the largest of',
  unique: 'the field of data of which the different values are counted',
  latest: 'the field of data that holds the quantity to find the last of',
}

/** Whether an open name (`outcome:*`) may be completed to the other. */
function overlap(open: string, name: string): boolean {
  return open.endsWith(':*') && open !== name && name.startsWith(open.slice(0, -1))
}

function addsUp({ aggregation }: Meter): boolean {
  return aggregation === 'sum' || aggregation === 'count'
}

function invalid(field: string, expected: string): MeterRefusal {
  return { code: 'meter.invalid', field, expected }
}
