import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  analyticsEndpoints,
  asyncApiDocument,
  authEndpoints,
  catalogEndpoints,
  channels,
  ingestionEndpoints,
  ledgerEndpoints,
  planEndpoints,
  openApiDocument,
  ratingEndpoints,
  serviceEndpoints,
  subscriptionEndpoints,
} from '@portitor/contracts'
import { z } from 'zod'
import { eventsPage } from './events-page.ts'

export const root = join(import.meta.dirname, '../../..')
const version = '1'

const sampleSchema = z.object({
  name: z.string(),
  key: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  value: z.unknown(),
})
export type Sample = z.infer<typeof sampleSchema>

/** The golden records of a topic. */
export function samplesOf(topic: string): readonly Sample[] {
  const file = join(root, 'libs/contracts/src/samples', `${topic}.json`)
  return z.array(sampleSchema).parse(JSON.parse(readFileSync(file, 'utf8')))
}

const endpoints = [
  ...serviceEndpoints,
  ...authEndpoints,
  ...ingestionEndpoints,
  ...catalogEndpoints,
  ...planEndpoints,
  ...ratingEndpoints,
  ...ledgerEndpoints,
  ...analyticsEndpoints,
  ...subscriptionEndpoints,
]

/** The generated documents: path below the root, and text. */
export function documents(): ReadonlyMap<string, string> {
  const samples = new Map(channels.map(({ topic }) => [topic.name, samplesOf(topic.name)]))
  const examples = Object.fromEntries(
    [...samples].map(([topic, records]) => [
      topic,
      records.map(({ name, headers, value }) => ({ name, headers, payload: value })),
    ]),
  )
  const asyncApi = asyncApiDocument(channels, { version, examples })
  const openApi = openApiDocument(endpoints, { title: 'Portitor', version, serverUrl: 'http://127.0.0.1:8787' })
  return new Map([
    ['docs/events.md', eventsPage(channels, asyncApi, samples)],
    ['docs/openapi.json', json(openApi)],
    ['docs/asyncapi.json', json(asyncApi)],
  ])
}

function json(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`
}
