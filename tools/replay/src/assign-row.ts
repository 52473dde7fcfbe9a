/**
 * Which workspace, agent, model, workflow and cost centre a row stands for. Traces say none of these: this assignment is
 * ours, made for the demonstration, and a function of the row's number alone (the README states it). The lengths of the
 * lists are different primes, so each workspace meets all of them.
 */
export interface Assignment {
  /** From 0 to `workspaces` − 1. */
  readonly workspace: number
  readonly agentId: string
  readonly provider: string
  readonly model: string
  readonly workflow: string
  readonly costCenter: string
}

interface Weighted {
  readonly provider: string
  readonly model: string
  /** How many of 23 rows. */
  readonly rows: number
}

const models: readonly Weighted[] = [
  { provider: 'openai', model: 'gpt-4o-mini', rows: 7 },
  { provider: 'openai', model: 'gpt-4o', rows: 5 },
  { provider: 'anthropic', model: 'claude-sonnet-4-5', rows: 4 },
  { provider: 'google', model: 'gemini-2.5-flash', rows: 4 },
  { provider: 'anthropic', model: 'claude-haiku-4-5', rows: 2 },
  { provider: 'google', model: 'gemini-2.5-pro', rows: 1 },
]
const slots = models.flatMap(({ provider, model, rows }) => Array.from({ length: rows }, () => ({ provider, model })))
const agentsCount = 7
const workflows = ['ticket-triage', 'document-search', 'code-review', 'meeting-notes', 'lead-research']
const costCenters = ['chat', 'research', 'engineering']

/** `row` is counted from 0. */
export function assignRow(row: number, workspaces: number): Assignment {
  const { provider, model } = slots[row % slots.length]!
  return {
    workspace: row % workspaces,
    agentId: `agent-${(row % agentsCount) + 1}`,
    provider,
    model,
    workflow: workflows[row % workflows.length]!,
    costCenter: costCenters[row % costCenters.length]!,
  }
}
