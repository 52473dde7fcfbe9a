import type { DistributedSystem } from '@portitor/stack'
import { pick } from './random.ts'

const BATCH_EVENTS = 100
const SENDERS = 4
const ATTEMPTS_MAX = 400
const MODELS = [
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-4o-mini'],
  ['anthropic', 'claude-sonnet-4-5'],
] as const

export interface Load {
  /** Ids of events that were answered as accepted or duplicate. */
  readonly accepted: Set<string>
  /** Batches that were sent a second time on purpose. */
  repeated: number
  /** Share of the kills that are done: no more than this share of the events is sent, so that every kill meets work in flight. */
  allowed: number
}

/** Sends every event until it is accepted: what is not answered or answered 503 is sent again, to whichever instance; some batches are sent twice although they were accepted. */
export async function sendLoad(
  system: DistributedSystem,
  options: { events: number; workspaces: readonly string[]; random: () => number; load: Load },
): Promise<void> {
  const { load, random } = options
  let next = 0
  async function sender(): Promise<void> {
    for (;;) {
      const from = next
      if (from >= options.events) return
      next = Math.min(options.events, from + BATCH_EVENTS)
      while (from / options.events > load.allowed) await new Promise((resolve) => setTimeout(resolve, 50))
      const batch = Array.from({ length: next - from }, (_, n) => event(from + n, options.workspaces))
      await sendUntilAccepted(system, batch, random)
      for (const sent of batch) load.accepted.add(sent.id)
      if (random() < 0.1) {
        load.repeated += 1
        await sendUntilAccepted(system, batch, random)
      }
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
}

/** A deterministic event of the row number. */
function event(row: number, workspaces: readonly string[]) {
  const [provider, model] = MODELS[row % MODELS.length]!
  return {
    specversion: '1.0',
    id: `chaos-${row}`,
    source: 'chaos',
    type: 'tokens.consumed',
    time: new Date(Date.UTC(2026, 0, 1) + row * 1_000).toISOString(),
    subject: workspaces[row % workspaces.length]!,
    data: {
      provider,
      model,
      input_tokens: 100 + (row % 900),
      cached_input_tokens: row % 100,
      output_tokens: 1 + (row % 400),
    },
  }
}

async function sendUntilAccepted(
  system: DistributedSystem,
  batch: readonly { id: string }[],
  random: () => number,
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const answer = await post(pick(random, system.of('ingestion')).url, batch, system.operatorKey)
    if (answer !== undefined && answer.accepted + answer.duplicates === batch.length) return
    if (answer !== undefined && answer.rejected > 0)
      throw new Error(`refused: ${JSON.stringify(answer.results.slice(0, 3))}`)
    await new Promise((resolve) => setTimeout(resolve, 50 + random() * 200))
  }
  throw new Error(`a batch was not accepted in ${ATTEMPTS_MAX} attempts`)
}

interface Answer {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  readonly results: readonly unknown[]
}

/** The answer, or nothing where there was none or it was 503: then nothing is promised and the same batch is sent again. */
async function post(url: string, batch: readonly unknown[], key: string): Promise<Answer | undefined> {
  try {
    const response = await fetch(`${url}/api/v1/metering/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(batch),
      signal: AbortSignal.timeout(15_000),
    })
    const body = (await response.json()) as Answer
    if (response.status === 202) return body
    if (response.status === 503) return undefined
    throw new Refused(`ingestion answered ${response.status}: ${JSON.stringify(body).slice(0, 300)}`)
  } catch (error) {
    if (error instanceof Refused) throw error
    return undefined
  }
}

class Refused extends Error {}
