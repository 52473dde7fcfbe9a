import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'

export const liveSchema = z.object({ status: z.literal('live') })
export const readySchema = z.object({ status: z.literal('ready') })

const operation = { service: 'service', workspace: 'none', method: 'GET', open: true } as const

/** What every service serves beside its own endpoints. */
export const serviceEndpoints: readonly Endpoint[] = [
  {
    ...operation,
    path: '/health/live',
    summary: 'Whether the process runs',
    answers: { 200: liveSchema },
  },
  {
    ...operation,
    path: '/health/ready',
    summary: 'Whether the service takes work',
    description: 'Where it does not, 503 `service.not_ready` names each check that fails in `checks`.',
    answers: { 200: readySchema },
  },
  {
    ...operation,
    path: '/api/openapi.json',
    summary: 'This document',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
  },
]
