import { asyncApiDocument } from './asyncapi.ts'
import { channels } from './channels.ts'

const document = asyncApiDocument(channels, {
  version: '1',
  examples: { 'portitor.ledger.posted.v1': [{ name: 'one', headers: {}, payload: { posted_at: 'now', events: [] } }] },
})

/** Every value under a key, anywhere in the document. */
function valuesOf(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...valuesOf(inner, key)])
}

describe('asyncApiDocument', () => {
  it('X-4 has a channel, a message and its operations for each topic', () => {
    for (const { topic, schemaName, producers, consumers } of channels) {
      expect(document.channels[topic.name]).toMatchObject({ address: topic.name })
      expect(document.components['messages']).toHaveProperty(schemaName)
      const reference = `#/channels/${topic.name}`
      const own = Object.values(document.operations).filter(
        ({ channel }) => (channel as { $ref: string }).$ref === reference,
      )
      expect(own).toHaveLength(producers.length + consumers.length)
    }
  })

  it('X-4 leads nowhere that is not there', () => {
    for (const reference of valuesOf(document, '$ref') as string[]) {
      const steps = reference.slice(2).split('/')
      const target = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document)
      expect([reference, typeof target]).toEqual([reference, 'object'])
    }
  })

  it('X-4 shows the samples it is given', () => {
    expect(document.components['messages']!['LedgerPosted']!['examples']).toHaveLength(1)
  })
})
