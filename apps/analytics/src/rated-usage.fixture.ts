import { randomUUID } from 'node:crypto'
import type { RatedUsage } from '@portitor/contracts'

export function ratedUsage(fields: Partial<RatedUsage> = {}): RatedUsage {
  return {
    workspace_id: '0199c1d2-7b3a-7c4e-9d21-3f5a6b7c8d9e',
    source: 'spec',
    id: randomUUID(),
    type: 'tokens.consumed',
    time: '2026-03-04T05:06:07.000Z',
    rated_at: '2026-03-04T05:06:08.000Z',
    provider: 'openai',
    model: 'gpt-4o',
    quantities: { input_tokens: '1200', cached_input_tokens: '200', output_tokens: '300' },
    currency: 'USD',
    price_nanos: '5250000',
    cost_nanos: '4000000',
    charges: [{ side: 'price', charge: 'tokens', version: 1, amount_nanos: '5250000' }],
    ...fields,
  }
}
