import type { Aggregation, Meter } from '@portitor/contracts'

/** A meter made ready for judging: where its quantity is and what it is a part of. */
export interface MeterRule {
  readonly name: string
  /** `outcome:` where the name is completed from the event's field `nameFrom`. */
  readonly prefix: string | undefined
  readonly nameFrom: string | undefined
  readonly aggregation: Aggregation
  /** Field of `data` with the quantity, or the value of `unique`; `undefined` counts one an event. */
  readonly field: string | undefined
  /** Place in `rules` of the total this is a part of; -1: no part. */
  readonly totalAt: number
}

/** What events of one type are judged by. */
export interface EventKind {
  readonly rules: readonly MeterRule[]
  readonly hasParts: boolean
  /** Fields of `data` that some meter uses as a dimension: kept as attributes besides those of M-4. */
  readonly dimensions: ReadonlySet<string>
}

export interface MeterIndex {
  readonly kinds: ReadonlyMap<string, EventKind>
  /** All meters, by the names they were created with. */
  readonly byName: ReadonlyMap<string, Meter>
}

/** Orders meters by the event type they claim. A part whose total is no meter of the same type is left without a bound. */
export function indexMeters(meters: readonly Meter[]): MeterIndex {
  const byType = Map.groupBy(meters, (meter) => meter.event_type)
  const kinds = new Map([...byType].map(([type, own]) => [type, kindOf(own)]))
  return { kinds, byName: new Map(meters.map((meter) => [meter.name, meter])) }
}

/** The open meter whose name this one completes: `outcome:*` for `outcome:meeting_booked`. */
export function openMeterOf({ byName }: MeterIndex, name: string): Meter | undefined {
  const colon = name.indexOf(':')
  return colon < 0 ? undefined : byName.get(`${name.slice(0, colon)}:*`)
}

/**
 * How the quantities of a meter come together, by its full name as `UsageEvent.quantities` has it
 * (`outcome:meeting_booked`). A meter that is unknown, for it was removed, sums.
 */
export function aggregationOf(index: MeterIndex, meter: string): Aggregation {
  return (index.byName.get(meter) ?? openMeterOf(index, meter))?.aggregation ?? 'sum'
}

/** Whether a bare quantity has a place: a count and a different value are one, whatever the event says. */
export function takesQuantity(aggregation: Aggregation): boolean {
  return aggregation !== 'count' && aggregation !== 'unique'
}

function kindOf(meters: readonly Meter[]): EventKind {
  const rules = meters.map((meter): MeterRule => {
    const open = meter.name.endsWith(':*')
    return {
      name: meter.name,
      prefix: open ? meter.name.slice(0, -1) : undefined,
      nameFrom: open ? (meter.name_from ?? 'name') : undefined,
      aggregation: meter.aggregation,
      field: meter.aggregation === 'count' ? meter.value : (meter.value ?? meter.name),
      totalAt: meter.part_of === undefined ? -1 : meters.findIndex(({ name }) => name === meter.part_of),
    }
  })
  const dimensions = new Set(meters.flatMap((meter) => meter.dimensions))
  dimensions.delete('__proto__')
  return { rules, hasParts: rules.some(({ totalAt }) => totalAt >= 0), dimensions }
}
