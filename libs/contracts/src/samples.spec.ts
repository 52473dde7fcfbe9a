import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { channels } from './channels.ts'
import { topics } from './topics.ts'

const folder = join(import.meta.dirname, 'samples')
const sampleSchema = z.strictObject({
  name: z.string(),
  key: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  value: z.unknown(),
})
const samplesOf = (topic: string) =>
  z.array(sampleSchema).parse(JSON.parse(readFileSync(join(folder, `${topic}.json`), 'utf8')))

/** What is released stays readable: a sample may be added here, and none is ever changed. */
describe('golden samples', () => {
  it('X-4 every topic is documented once, and has samples', () => {
    const names = topics.map(({ name }) => name)
    expect(channels.map(({ topic }) => topic.name)).toEqual(names)
    expect(readdirSync(folder).toSorted()).toEqual(names.map((name) => `${name}.json`).toSorted())
    for (const name of names) expect(samplesOf(name).length).toBeGreaterThan(0)
  })

  const every = channels.flatMap(({ topic, schema }) =>
    samplesOf(topic.name).map(({ name, headers, value }) => ({
      title: `${topic.name}: ${name}`,
      schema,
      headers,
      value,
    })),
  )

  it.each(every)('X-4 the schema still parses $title, and loses nothing of it', ({ schema, headers, value }) => {
    const attributes = Object.entries(headers).filter(([header]) => header.startsWith('ce_'))
    const binary = { ...Object.fromEntries(attributes.map(([header, text]) => [header.slice(3), text])), data: value }
    const records = attributes.length > 0 ? [binary] : [value].flat()
    for (const record of records) expect(schema.parse(record)).toEqual(record)
  })

  it('X-4 every header of a sample is documented', () => {
    for (const { topic, headers: known } of channels)
      for (const { headers } of samplesOf(topic.name))
        for (const header of Object.keys(headers))
          expect([...Object.keys(known), 'portitor-producer', 'portitor-sequence']).toContain(
            header.replace(/^ce_.*/, 'ce_*'),
          )
  })
})
