import { usualMeters } from '@portitor/contracts'

/** Meters with a column of their own, all of which add up; all others share the map `other_quantities`. */
export const meterColumns: ReadonlySet<string> = new Set(usualMeters)
