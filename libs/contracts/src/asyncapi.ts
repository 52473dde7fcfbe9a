import { type Channel, producerHeaders } from './channels.ts'
import { type JsonSchema, SchemaComponents } from './schema-components.ts'

/** An AsyncAPI 3.0 document, as JSON. */
export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly defaultContentType: 'application/json'
  readonly channels: Readonly<Record<string, JsonSchema>>
  readonly operations: Readonly<Record<string, JsonSchema>>
  readonly components: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>
}

const description = `Topics of the log that Portitor's services and customers' producers meet in: Kafka, or tables in PostgreSQL.
Within a version fields may be added, so readers ignore what they do not know.
Amounts of money are decimal strings in \`*_nanos\` (10⁻⁹ units of the currency); quantities are decimal strings.`

/**
 * AsyncAPI 3 of the topics, from the schemas that check their records. `examples` are golden samples by topic name:
 * one record each. Operations are told from the side of the services: \`send\` is what they write, \`receive\` what they read.
 */
export function asyncApiDocument(
  channels: readonly Channel[],
  options: { version: string; examples: Readonly<Record<string, readonly AsyncApiExample[]>> },
): AsyncApiDocument {
  const schemas = new SchemaComponents()
  const messages = Object.fromEntries(
    channels.map((channel) => [
      channel.schemaName,
      message(channel, schemas, options.examples[channel.topic.name] ?? []),
    ]),
  )
  return {
    asyncapi: '3.0.0',
    info: { title: 'Portitor', version: options.version, description },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(channels.map((channel) => [channel.topic.name, channelObject(channel)])),
    operations: Object.fromEntries(channels.flatMap(operations)),
    components: { messages, schemas: schemas.all },
  }
}

export interface AsyncApiExample {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload: unknown
}

function message(channel: Channel, schemas: SchemaComponents, examples: readonly AsyncApiExample[]): JsonSchema {
  const payload = schemas.refer(channel.schema, 'output')
  const headers = Object.entries({ ...producerHeaders, ...channel.headers })
  const properties = Object.fromEntries(
    headers.map(([name, text]): [string, JsonSchema] => [name, { type: 'string', description: text }]),
  )
  return {
    name: channel.schemaName,
    title: channel.topic.name,
    summary: channel.summary,
    contentType: channel.contentTypes[0],
    headers: { type: 'object', properties },
    payload: channel.contentTypes.includes('application/cloudevents-batch+json')
      ? { oneOf: [{ type: 'array', items: payload, minItems: 1, maxItems: 1_000 }, payload] }
      : payload,
    examples,
  }
}

function channelObject({ topic, summary, description: text, key, schemaName }: Channel): JsonSchema {
  return {
    address: topic.name,
    summary,
    description: `${text} Key: ${key} ${topic.compacted ? 'Compacted: the last record of each key stays.' : 'Not compacted.'}`,
    messages: { [schemaName]: { $ref: `#/components/messages/${schemaName}` } },
    bindings: { kafka: { topicConfiguration: { 'cleanup.policy': [topic.compacted ? 'compact' : 'delete'] } } },
  }
}

function operations({ topic, schemaName, producers, consumers }: Channel): [string, JsonSchema][] {
  const reference = { channel: { $ref: `#/channels/${topic.name}` } }
  const each = (action: 'send' | 'receive', services: readonly string[]) =>
    services.map((service): [string, JsonSchema] => [
      `${action}${schemaName}${capital(service.split(' ')[0]!)}`,
      { ...reference, action, summary: service },
    ])
  return [...each('send', producers), ...each('receive', consumers)]
}

function capital(word: string): string {
  const letters = word.replace(/[^a-z]/gi, '')
  return letters.charAt(0).toUpperCase() + letters.slice(1)
}
