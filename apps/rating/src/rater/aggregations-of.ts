import { aggregationOf, type MeterIndex } from '@portitor/metering'
import type { Aggregation } from '@portitor/pricing'
import type { RatableUsage } from './ratable-usage.ts'

/** How those meters of an event aggregate whose quantities do not add up; undefined where all do, as nearly always. */
export function aggregationsOf(
  { quantities }: RatableUsage,
  meters: MeterIndex,
): ReadonlyMap<string, Aggregation> | undefined {
  let found: Map<string, Aggregation> | undefined
  for (const meter of quantities.keys()) {
    const aggregation = aggregationOf(meters, meter)
    if (aggregation === 'sum' || aggregation === 'count') continue
    found ??= new Map()
    found.set(meter, aggregation)
  }
  return found
}
