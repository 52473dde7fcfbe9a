import { clickhouse } from './clickhouse.ts'
import type { EngineName, Recipe } from './engine.ts'
import { kafka } from './kafka.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'

export const recipes: Readonly<Record<EngineName, Recipe>> = { kafka, redis, postgres, clickhouse }
