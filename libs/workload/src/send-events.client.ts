import { recordAnswerSchema, type RecordAnswer } from '@portitor/contracts'
import { type Clock, pace, realClock, type Speed } from './pace.ts'
import { type Portitor, PortitorProblem } from './portitor.client.ts'

const eventsMax = 1_000
/** Below the 1 MiB a request may have, with room for brackets and commas. */
const bytesMax = 1_000_000
const requestsAtOnceMax = 4
/** Reasons of rejection that are kept for the report. */
const reasonsMax = 10

/** An event with its `subject`, written as JSON. */
export interface OutgoingEvent {
  readonly text: string
  readonly timeMs: number
  readonly bytes: number
}

export interface SendOptions {
  readonly speed: Speed
  /** Called with how many more events were answered. */
  readonly onAnswered?: (events: number) => void
  readonly clock?: Clock
}

export interface Sent {
  readonly events: number
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  /** For people: the first reasons of rejection. */
  readonly reasons: readonly string[]
}

/**
 * Sends events as CloudEvents batches and resolves when each was answered, that is, when what was accepted is durable. A few requests are under way
 * at once, so at most a few thousand events are in memory. A batch that met 503 or a broken connection is sent again, which
 * counts once (M-11). Throws `PortitorProblem` where the system stays away.
 */
export async function sendEvents(
  portitor: Portitor,
  events: Iterable<OutgoingEvent> | AsyncIterable<OutgoingEvent>,
  { speed, onAnswered, clock = realClock }: SendOptions,
): Promise<Sent> {
  const sent = { events: 0, accepted: 0, duplicates: 0, rejected: 0, reasons: [] as string[] }
  const underWay = new Set<Promise<void>>()
  let failure: Error | undefined
  const sendOne = async (batch: readonly OutgoingEvent[]) => {
    try {
      const answer = await sendBatch(portitor, batch)
      sent.events += batch.length
      sent.accepted += answer.accepted
      sent.duplicates += answer.duplicates
      sent.rejected += answer.rejected
      if (answer.rejected > 0) sent.reasons.push(...reasonsOf(answer).slice(0, reasonsMax - sent.reasons.length))
      onAnswered?.(batch.length)
    } catch (error) {
      failure ??= error as Error
    }
  }
  for await (const batch of pace(events, { speed, itemsMax: eventsMax, bytesMax }, clock)) {
    const sending = sendOne(batch).then(() => void underWay.delete(sending))
    underWay.add(sending)
    if (underWay.size >= requestsAtOnceMax) await Promise.race(underWay)
    if (failure !== undefined) break
  }
  await Promise.all(underWay)
  if (failure !== undefined) throw failure
  return sent
}

/** A batch of which every event was refused is answered with the status of the first, and with the same members. */
async function sendBatch(portitor: Portitor, batch: readonly OutgoingEvent[]): Promise<RecordAnswer> {
  const response = await portitor.send('/api/v1/metering/events', {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: `[${batch.map(({ text }) => text).join(',')}]`,
    retry: true,
  })
  const body: unknown = await response.json().catch(() => undefined)
  const answer = recordAnswerSchema.safeParse(body)
  if (answer.success) return answer.data
  throw new PortitorProblem(`a batch of ${batch.length} events was answered ${response.status}: ${shown(body)}`)
}

function reasonsOf({ results }: RecordAnswer): string[] {
  return results
    .filter(({ status }) => status === 'rejected')
    .map(({ id, code, field, detail }) => `event ${id ?? 'without id'}: ${code} ${field ?? ''} ${detail ?? ''}`)
}

function shown(body: unknown): string {
  return (JSON.stringify(body) ?? 'nothing that can be read').slice(0, 1_000)
}
