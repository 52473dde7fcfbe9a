import { createHash } from 'node:crypto'

const MODELS = [
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-4o-mini'],
  ['anthropic', 'claude-sonnet-4-5'],
] as const
const START_MS = Date.UTC(2026, 0, 1)

/** Ids of as many workspaces as asked for, the same in every run. */
export function workspaceIds(count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const hex = createHash('sha256').update(`bench workspace ${n}`).digest('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  })
}

/** A usage event of a row number: some 330 bytes of JSON, ids in the order of time, four minutes of events to the thousand. */
export function usageEvent(run: string, row: number, workspace: string) {
  const [provider, model] = MODELS[row % MODELS.length]!
  return {
    specversion: '1.0',
    id: `${run}-${String(row).padStart(9, '0')}`,
    source: 'bench',
    type: 'tokens.consumed',
    time: new Date(START_MS + row * 250).toISOString(),
    subject: workspace,
    data: {
      provider,
      model,
      input_tokens: 200 + (row % 1_800),
      cached_input_tokens: row % 200,
      output_tokens: 1 + (row % 500),
      agent_id: `agent-${row % 20}`,
      workflow: 'ticket-triage',
    },
  }
}

/** The same event as rating would hand it on. The amounts are made up: the ledger does not judge them. */
export function ratedUsage(run: string, row: number, workspace: string, ratedAt: string) {
  const { id, source, type, time, data } = usageEvent(run, row, workspace)
  const { input_tokens, cached_input_tokens, output_tokens, ...attributes } = data
  const tokens = input_tokens + output_tokens
  const [cost, price] = [1_000 * tokens, 1_300 * tokens]
  return {
    workspace_id: workspace,
    source,
    id,
    type,
    time,
    rated_at: ratedAt,
    ...attributes,
    quantities: {
      input_tokens: String(input_tokens),
      cached_input_tokens: String(cached_input_tokens),
      output_tokens: String(output_tokens),
    },
    currency: 'USD',
    price_nanos: String(price),
    cost_nanos: String(cost),
    charges: [
      { side: 'price', charge: 'tokens', version: 1, amount_nanos: String(price) },
      { side: 'cost', charge: 'tokens', version: 1, amount_nanos: String(cost) },
    ],
  }
}
