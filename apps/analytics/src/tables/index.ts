import { ratedUsagesTables } from './0001-rated-usages.ts'
import { meterValuesTables } from './0002-meter-values.ts'
import { correctionsTables } from './0003-corrections.ts'
import { factsTables } from './0004-facts.ts'

/** The ClickHouse side of analytics, for `migrateTables(clickhouse, …)`. */
export const analyticsTables = [ratedUsagesTables, meterValuesTables, correctionsTables, factsTables]
