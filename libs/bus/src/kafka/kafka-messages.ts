import type kafkajs from 'kafkajs'
import type { LogRecord, OutgoingMessage } from '../bus.ts'

export function toKafkaTopicMessages(
  messages: readonly OutgoingMessage[],
  partitionOf: (key: string) => number,
): kafkajs.TopicMessages[] {
  const byTopic = new Map<string, kafkajs.Message[]>()
  for (const message of messages) {
    let list = byTopic.get(message.topic.name)
    if (list === undefined) byTopic.set(message.topic.name, (list = []))
    list.push({
      key: message.key,
      value: message.value,
      partition: message.partition ?? partitionOf(message.key ?? ''),
      ...(message.headers === undefined ? {} : { headers: { ...message.headers } }),
    })
  }
  return [...byTopic].map(([topic, list]) => ({ topic, messages: list }))
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
