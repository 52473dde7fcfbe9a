export { AnalyticsModule, type AnalyticsResources } from './analytics.module.ts'
export { analyticsMigrations } from './migrations/index.ts'
export { analyticsTables } from './tables/index.ts'
