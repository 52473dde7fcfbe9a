import { ratedUsagesTables } from './0001-rated-usages.ts'

/** The ClickHouse side of analytics, for `migrateTables(clickhouse, …)`. */
export const analyticsTables = [ratedUsagesTables]
