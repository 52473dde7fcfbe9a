import type { AgentStatus, Rejection } from '@portitor/contracts'
import { isStamp } from './canonical.ts'
import { aheadMsMax, eventTimeMsMin, readTime } from './event-time.ts'
import { isExactNumber } from './exact-number.ts'
import { isObject, printable, reject, shown } from './judgement.ts'
import { isJsonType, isUtf8Charset, parseMediaType } from './media-type.ts'

type Rejected = { rejected: Rejection }
type Raw = Readonly<Record<string, unknown>>

/** The CloudEvents attributes of an event, found in order. */
export interface Envelope {
  readonly workspaceId: string
  readonly source: string
  readonly id: string
  readonly type: string
  readonly timeMs: number
  readonly agentStatus: AgentStatus | undefined
  readonly data: Readonly<Record<string, unknown>>
}

/** The attribute that carries the time of receipt, stamped by whoever took the event in. */
export const receivedAttribute = 'portitorreceived'
/** The attribute that says that the agent was not active, stamped in the same way. */
export const agentStatusAttribute = 'portitoragentstatus'

const charactersMax = { id: 256, source: 256, type: 128 }
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** Checks the attributes every event must have, whatever it counts. */
export function judgeEnvelope(
  raw: Raw,
  context: { nowMs: number; receivedMs: number; workspaceId?: string | undefined },
): Rejected | Envelope {
  if (raw['specversion'] !== '1.0')
    return reject('specversion.unsupported', 'specversion', `expected the text "1.0", got ${shown(raw['specversion'])}`)
  const { id, source, type } = raw
  const name = wrongName('id', id) ?? wrongName('source', source) ?? wrongName('type', type)
  if (name !== undefined) return name
  const workspaceId = judgeWorkspace(raw['subject'], context.workspaceId)
  if (typeof workspaceId !== 'string') return workspaceId
  const timeMs = judgeTime(raw, context)
  if (typeof timeMs !== 'number') return timeMs
  const attribute = wrongAttribute(raw)
  if (attribute !== undefined) return attribute
  const agentStatus = raw[agentStatusAttribute]
  if (agentStatus !== undefined && agentStatus !== 'suspended' && agentStatus !== 'revoked')
    return reject(
      'attribute.malformed',
      agentStatusAttribute,
      `expected suspended or revoked, got ${shown(agentStatus)}`,
    )
  const data = judgeData(raw)
  if ('rejected' in data) return data
  const names = { source: source as string, id: id as string, type: type as string }
  return { workspaceId, ...names, timeMs, agentStatus, data: data.data }
}

function wrongName(name: 'id' | 'source' | 'type', value: unknown): Rejected | undefined {
  if (value === undefined || value === null || value === '')
    return reject(`${name}.missing`, name, 'expected text that is not empty')
  if (typeof value !== 'string') return reject(`${name}.malformed`, name, `expected text, got ${shown(value)}`)
  if (value.length > charactersMax[name])
    return reject(`${name}.too_long`, name, `expected at most ${charactersMax[name]} characters, got ${value.length}`)
  if (/[\p{Cc}\p{Cs}]/u.test(value))
    return reject(`${name}.malformed`, name, 'expected text without control characters and half surrogate pairs')
  return undefined
}

/** The credential's workspace and the event's `subject` must agree; without the one, the other decides. */
function judgeWorkspace(subject: unknown, given: string | undefined): string | Rejected {
  if (subject === undefined || subject === null)
    return given ?? reject('workspace.missing', 'subject', 'expected the id of the workspace that pays')
  if (typeof subject !== 'string' || !uuid.test(subject))
    return reject('workspace.malformed', 'subject', `expected the id of a workspace (UUID), got ${shown(subject)}`)
  const named = subject.toLowerCase()
  if (given !== undefined && named !== given)
    return reject('workspace.contradiction', 'subject', `expected ${given} or no subject, got ${shown(subject)}`)
  return named
}

/**
 * The event's own time, else when it was received. A stamp from the log says when that was: a replay must not change it,
 * and what ingestion let in must not count as future because the log's clock is behind.
 */
function judgeTime(raw: Raw, context: { nowMs: number; receivedMs: number }): number | Rejected {
  const { time, [receivedAttribute]: stamp } = raw
  const stampMs = typeof stamp === 'string' ? readTime(stamp) : undefined
  if (stamp !== undefined && stampMs === undefined)
    return reject('time.malformed', receivedAttribute, `expected the time of receipt (RFC 3339), got ${shown(stamp)}`)
  if (time === undefined || time === null) {
    const receivedMs = Math.min(stampMs ?? context.receivedMs, context.receivedMs)
    return receivedMs >= eventTimeMsMin
      ? receivedMs
      : reject('time.too_early', 'time', 'expected a time, since the event was received by a clock before 2020')
  }
  const timeMs = typeof time === 'string' ? readTime(time) : undefined
  if (timeMs === undefined)
    return reject(
      'time.malformed',
      'time',
      `expected RFC 3339 with a zone, such as 2026-11-21T09:00:00Z, got ${shown(time)}`,
    )
  if (timeMs < eventTimeMsMin) return reject('time.too_early', 'time', `expected 2020 or later, got ${shown(time)}`)
  const receivedMs = Math.min(stampMs ?? context.receivedMs, context.receivedMs + aheadMsMax)
  if (timeMs > Math.max(context.nowMs, receivedMs) + aheadMsMax)
    return reject('time.in_future', 'time', `expected at most 5 minutes ahead of now, got ${shown(time)}`)
  return timeMs
}

/** CloudEvents attributes are scalars; a nested one is a field that was meant to be in `data`. */
function wrongAttribute(raw: Raw): Rejected | undefined {
  for (const name of Object.keys(raw)) {
    const value = raw[name]
    if (typeof value !== 'object' || value === null || name === 'data') continue
    if (!isExactNumber(value) && !isStamp(name))
      return reject('attribute.malformed', printable(name), `expected text, a number or a boolean, got ${shown(value)}`)
  }
  return undefined
}

function judgeData(raw: Raw): Rejected | { data: Readonly<Record<string, unknown>> } {
  const { data, datacontenttype: type } = raw
  if (raw['data_base64'] !== undefined)
    return reject('data.encoding', 'data_base64', 'expected the data as JSON object in `data`')
  if (type !== undefined && type !== null) {
    const media = typeof type === 'string' ? parseMediaType(type) : undefined
    if (media === undefined || !isJsonType(media.type) || !isUtf8Charset(media.charset))
      return reject('data.encoding', 'datacontenttype', `expected application/json, got ${shown(type)}`)
  }
  if (data === undefined || data === null) return reject('data.missing', 'data', 'expected an object')
  return isObject(data) ? { data } : reject('data.malformed', 'data', `expected an object, got ${shown(data)}`)
}
