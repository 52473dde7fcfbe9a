import type { Workload, WorkloadEvent } from '@portitor/workload'
import { pick, type SeededRandom, seededRandom } from './seeded-random.ts'
import { drawTokens, tokenQuantiles } from './token-distribution.ts'

/**
 * Part of every id. An id stands for one payload for ever: whoever changes what is generated here raises the version and moves
 * the week to another month, so that a data directory with the old events takes the new ones beside them.
 */
const version = 3
const weekMs = Date.UTC(2025, 2, 3)
const seed = 20_250_303
const source = `demo:${version}`

/** Each with its plan of `examples/plans`; without one the price book prices it. */
const customers = [
  { name: 'Acme Robotics', weight: 9, plan: 'hybrid' },
  { name: 'Globex Support', weight: 6, plan: 'outcome' },
  { name: 'Initech Labs', weight: 4, plan: 'agent_subscription' },
  { name: 'Northwind Traders', weight: 3, plan: 'agent_overage' },
  { name: 'Umbrella Health', weight: 2, plan: undefined },
]
const models = [
  { provider: 'openai', model: 'gpt-4o-mini', weight: 7 },
  { provider: 'openai', model: 'gpt-4o', weight: 5 },
  { provider: 'anthropic', model: 'claude-sonnet-4-5', weight: 4 },
  { provider: 'google', model: 'gemini-2.5-flash', weight: 4 },
  { provider: 'anthropic', model: 'claude-haiku-4-5', weight: 2 },
  { provider: 'google', model: 'gemini-2.5-pro', weight: 1 },
]
const work = [
  { kind: 'chat', agent: 'support-agent', workflow: 'ticket-triage', costCenter: 'support', weight: 7 },
  { kind: 'chat', agent: 'research-agent', workflow: 'lead-research', costCenter: 'sales', weight: 3 },
  { kind: 'code', agent: 'coding-agent', workflow: 'code-review', costCenter: 'engineering', weight: 4 },
] as const
/** Of what each event is, by hundreds. */
const types = [
  { make: tokensConsumed, weight: 94 },
  { make: callCompleted, weight: 2 },
  { make: resourceUsed, weight: 1 },
  { make: outcomeAchieved, weight: 3 },
]
const dayWeights = [10, 11, 12, 11, 9, 3, 2].map((weight, day) => ({ day, weight }))
const hourWeights = [1, 1, 1, 1, 1, 2, 4, 7, 11, 13, 13, 12, 10, 12, 13, 12, 11, 8, 6, 4, 3, 2, 2, 1].map(
  (weight, hour) => ({ hour, weight }),
)

/** The customers and agents that take part, by name. */
export const demoCustomers: readonly string[] = customers.map(({ name }) => name)
/** The plans of those who are subscribed, by the customer's name. */
export const demoPlans: ReadonlyMap<string, string> = new Map(
  customers.flatMap(({ name, plan }) => (plan === undefined ? [] : [[name, plan] as const])),
)
export const demoAgents: readonly string[] = work.map(({ agent }) => agent)

const demoEventsCount = 5_000

/**
 * A week of five customers' usage: whoever calls it gets the same events, so the demonstration can run again and adds nothing.
 * Tokens follow the Azure traces (see `tokenQuantiles`); who used which model when, and all else, is made up.
 */
export function demoWorkload(eventsCount = demoEventsCount): Workload {
  const random = seededRandom(seed)
  const times = Array.from({ length: eventsCount }, () => drawTimeMs(random)).sort((left, right) => left - right)
  const events = times.map((timeMs, index): WorkloadEvent => {
    const { type, data } = pick(random, types).make(random)
    const workspace = pick(random, customers).name
    const id = `${source}-${String(index + 1).padStart(5, '0')}`
    return { workspace, id, source, type, time: new Date(timeMs).toISOString(), data }
  })
  return {
    source,
    workspaces: demoCustomers,
    eventsCount,
    firstMs: times[0]!,
    lastMs: times.at(-1)!,
    events: () => events,
  }
}

/** The same with each agent's id in place of its name, as far as it is known. */
export function withAgentIds(
  workload: Workload,
  idOf: (customer: string, agent: string) => string | undefined,
): Workload {
  function* events() {
    for (const event of workload.events() as Iterable<WorkloadEvent>) {
      const agent = event.data['agent_id'] as string
      yield { ...event, data: { ...event.data, agent_id: idOf(event.workspace, agent) ?? agent } }
    }
  }
  return { ...workload, events }
}

function drawTimeMs(random: SeededRandom): number {
  const { day } = pick(random, dayWeights)
  const { hour } = pick(random, hourWeights)
  return weekMs + (day * 24 + hour) * 3_600_000 + random(3_600_000)
}

interface Made {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

function tokensConsumed(random: SeededRandom): Made {
  const { kind, agent, workflow, costCenter } = pick(random, work)
  const { provider, model } = pick(random, models)
  const input = drawTokens(random, tokenQuantiles[kind].input)
  // A third of the requests begin with something the provider still has: whole blocks of 128 tokens.
  const cached = random(3) === 0 ? random(Math.floor(input / 128) + 1) * 128 : 0
  const data = {
    provider,
    model,
    input_tokens: input,
    ...(cached === 0 ? {} : { cached_input_tokens: cached }),
    output_tokens: drawTokens(random, tokenQuantiles[kind].output),
    agent_id: agent,
    workflow,
    cost_center: costCenter,
    latency_ms: 200 + random(4_000),
  }
  return { type: 'tokens.consumed', data }
}

function callCompleted(random: SeededRandom): Made {
  const status = random(50) === 0 ? 'error' : 'ok'
  const data = { agent_id: 'support-agent', workflow: 'ticket-triage', status, latency_ms: 20 + random(900) }
  return { type: 'call.completed', data }
}

function resourceUsed(random: SeededRandom): Made {
  const data = { agent_id: 'research-agent', workflow: 'lead-research', cost_center: 'sales' }
  return random(2) === 0
    ? { type: 'resource.used', data: { ...data, gpu_seconds: `${random(600)}.${random(9) + 1}` } }
    : { type: 'resource.used', data: { ...data, embeddings: 1 + random(400) } }
}

/** With what the plans look at: whether it was a success, how good it was (0.50 to 0.99), and what it is worth in dollars. */
function outcomeAchieved(random: SeededRandom): Made {
  const achieved =
    random(3) === 0
      ? { outcome: 'meeting_booked', agent_id: 'research-agent', workflow: 'lead-research', cost_center: 'sales' }
      : { outcome: 'ticket_resolved', agent_id: 'support-agent', workflow: 'ticket-triage', cost_center: 'support' }
  const judged = { success: random(6) !== 0, quality: `0.${50 + random(50)}`, value: 20 + random(480) }
  return { type: 'outcome.achieved', data: { ...achieved, ...judged } }
}
