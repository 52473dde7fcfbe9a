import type { Meter } from '@portitor/contracts'

/** A meter made ready for judging: where its quantity is and what it is a part of. */
export interface MeterRule {
  readonly name: string
  /** `outcome:` where the name is completed from the event's field `nameFrom`. */
  readonly prefix: string | undefined
  readonly nameFrom: string | undefined
  /** Field of `data` with the quantity; `undefined` counts one an event. */
  readonly field: string | undefined
  /** Counts one for each event that has the field, whatever it says. */
  readonly counts: boolean
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
  /** Names of all meters that are judged, to resolve plain events that name a meter. */
  readonly byName: ReadonlyMap<string, Meter>
}

/**
 * Orders meters by the event type they claim. Meters that neither sum nor count are left out: they make no quantity of
 * one event alone. A part whose total is no meter of the same type is left without a bound.
 */
export function indexMeters(meters: readonly Meter[]): MeterIndex {
  const judged = meters.filter(({ aggregation }) => aggregation === 'sum' || aggregation === 'count')
  const byType = Map.groupBy(judged, (meter) => meter.event_type)
  const kinds = new Map([...byType].map(([type, own]) => [type, kindOf(own)]))
  return { kinds, byName: new Map(judged.map((meter) => [meter.name, meter])) }
}

function kindOf(meters: readonly Meter[]): EventKind {
  const rules = meters.map((meter): MeterRule => {
    const open = meter.name.endsWith(':*')
    return {
      name: meter.name,
      prefix: open ? meter.name.slice(0, -1) : undefined,
      nameFrom: open ? (meter.name_from ?? 'name') : undefined,
      field: meter.aggregation === 'sum' ? (meter.value ?? meter.name) : meter.value,
      counts: meter.aggregation === 'count',
      totalAt: meter.part_of === undefined ? -1 : meters.findIndex(({ name }) => name === meter.part_of),
    }
  })
  const dimensions = new Set(meters.flatMap((meter) => meter.dimensions))
  dimensions.delete('__proto__')
  return { rules, hasParts: rules.some(({ totalAt }) => totalAt >= 0), dimensions }
}
