import { blocks } from './0001-blocks.ts'

/** The Postgres side of analytics, for `migrate(url, 'analytics', …)`; the log's own migrations have to be there before. */
export const analyticsMigrations = [blocks]
