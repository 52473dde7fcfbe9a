import type { Aggregation } from '@portitor/contracts'
import { meterColumns } from './meter-columns.ts'

/**
 * What a group's rows come to for a meter (M-3, M-9), as an expression of the engine in which the meter's name is the parameter
 * `column`, or the column of its own. Sums come out of the rollups. The others do not add up from hour to hour, so they
 * are found among the rows: the largest quantity; how many different values, each workspace's apart, since two customers'
 * users of one name are two; the quantity of the last event by (time, id), and the larger where two sources sent one id.
 */
export function meterTotal(meter: string, column: string, aggregation: Aggregation): string {
  if (meterColumns.has(meter)) return `sum(${meter})`
  const name = `{${column}:String}`
  const quantity = `other_quantities[${name}]`
  const value = `meter_values[${name}]`
  switch (aggregation) {
    case 'sum':
    case 'count':
      return `sumMap(other_quantities)[${name}]`
    case 'max':
      return `max(${quantity})`
    case 'unique':
      return `uniqExactIf((workspace_id, ${value}), ${value} != '')`
    case 'latest':
      return `argMaxIf(${quantity}, (time, id, ${quantity}), mapContains(other_quantities, ${name}))`
  }
}
