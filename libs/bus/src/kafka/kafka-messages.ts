import type kafkajs from 'kafkajs'
import type { LogRecord, OutgoingMessage } from '../bus.ts'

/**
 * What one request may carry for one partition: the records of a request make one batch there, and a broker refuses a
 * batch beyond `message.max.bytes` (1 MiB unless configured) for good. A single larger record goes alone.
 */
const BATCH_BYTES_MAX = 900_000
const RECORD_OVERHEAD_BYTES = 512

/** A message as the client library takes it: everything in bytes, and the partition decided. */
export interface ProduceMessage {
  readonly topic: string
  readonly partition: number
  readonly key?: Buffer
  /** `undefined` is a tombstone. */
  readonly value?: Buffer
  readonly headers?: Map<Buffer, Buffer>
}

/** Cuts messages into requests that a broker takes, keeping the order within each partition. */
export function cutRequests(
  messages: readonly OutgoingMessage[],
  partitionOf: (key: string) => number,
): ProduceMessage[][] {
  const requests: { messages: ProduceMessage[]; bytes: Map<string, number> }[] = []
  /** The request each partition has got to: an earlier one would change the order. */
  const reached = new Map<string, number>()
  for (const outgoing of messages) {
    const message = toProduceMessage(outgoing, partitionOf)
    const place = `${message.topic}/${message.partition}`
    const bytes = RECORD_OVERHEAD_BYTES + (message.value?.length ?? 0)
    let number = reached.get(place) ?? 0
    const before = requests[number]?.bytes.get(place) ?? 0
    if (before > 0 && before + bytes > BATCH_BYTES_MAX) number += 1
    const request = (requests[number] ??= { messages: [], bytes: new Map() })
    request.messages.push(message)
    request.bytes.set(place, (request.bytes.get(place) ?? 0) + bytes)
    reached.set(place, number)
  }
  return requests.map((request) => request.messages)
}

function toProduceMessage(message: OutgoingMessage, partitionOf: (key: string) => number): ProduceMessage {
  const { topic, key, value, headers } = message
  return {
    topic: topic.name,
    partition: message.partition ?? partitionOf(key ?? ''),
    ...(key === null ? {} : { key: Buffer.from(key) }),
    ...(value === null ? {} : { value: toBuffer(value) }),
    ...(headers === undefined ? {} : { headers: toHeaders(headers) }),
  }
}

function toBuffer(value: string | Buffer): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : value
}

function toHeaders(headers: Readonly<Record<string, string>>): Map<Buffer, Buffer> {
  return new Map(Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]))
}

export function fromKafkaMessage(topic: string, partition: number, message: kafkajs.KafkaMessage): LogRecord {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value
    if (first !== undefined) headers[name.toLowerCase()] = first.toString()
  }
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key === null ? null : message.key.toString(),
    value: message.value,
    headers,
    timestampMs: Number(message.timestamp),
  }
}
