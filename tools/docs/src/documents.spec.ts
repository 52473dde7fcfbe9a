import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { channels, type Meter } from '@portitor/contracts'
import { decodeRecord, indexMeters, judgeEvent } from '@portitor/metering'
import { documents, root, samplesOf } from './documents.ts'

describe('generated documents', () => {
  it.each([...documents()])('X-4 %s says what the schemas say', (path, text) => {
    const file = join(root, path)
    const present = existsSync(file) ? readFileSync(file, 'utf8') : ''
    // Not compared as a whole: the difference of two documents of this size helps nobody.
    const remedy = 'run node --conditions=@portitor/source tools/docs/src/main.ts'
    expect(present === text ? 'as generated' : `stale: ${remedy}`).toBe('as generated')
  })

  it('X-4 docs/events.md tells of every topic', () => {
    const page = documents().get('docs/events.md')!
    for (const { topic } of channels) expect(page).toContain(`## ${topic.name}\n`)
  })
})

describe('golden records of usage.recorded', () => {
  const sum = (name: string, event_type: string): Meter => ({
    name,
    unit: 'one',
    event_type,
    aggregation: 'sum',
    value: name,
    dimensions: [],
  })
  const meters = indexMeters([
    sum('input_tokens', 'tokens.consumed'),
    { ...sum('cached_input_tokens', 'tokens.consumed'), part_of: 'input_tokens' },
    sum('output_tokens', 'tokens.consumed'),
    sum('gpu_seconds', 'resource.used'),
    {
      name: 'outcome:*',
      unit: 'outcome',
      event_type: 'outcome.achieved',
      aggregation: 'count',
      name_from: 'outcome',
      dimensions: [],
    },
  ])
  const nowMs = Date.parse('2026-11-21T09:00:05Z')

  it.each(samplesOf('portitor.usage.recorded.v1'))('M-1 are read and accepted: $name', ({ headers, value }) => {
    const decoded = decodeRecord({ headers, value: Buffer.from(JSON.stringify(value)) })
    expect(decoded).not.toHaveProperty('refused')
    const events = 'events' in decoded ? decoded.events : []
    expect(events.length).toBeGreaterThan(0)
    for (const raw of events) expect(judgeEvent(raw, { meters, nowMs, receivedMs: nowMs })).toHaveProperty('accepted')
  })
})
