import type { Topic } from '@portitor/contracts'
import fc from 'fast-check'
import type { OutgoingMessage } from '../bus.ts'
import { cutRequests } from './kafka-messages.ts'

const topics: Topic[] = ['a', 'b'].map((name) => ({ name, compacted: false }))

describe('cutting messages into requests', () => {
  it('L-4 keeps every message once, in the order of its partition, and no batch of two beyond what a broker takes', () => {
    const message = fc.record({ topic: fc.constantFrom(...topics), partition: fc.nat(2), size: fc.nat(700_000) })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (sizes) => {
        const messages = sizes.map(({ topic, partition, size }, n): OutgoingMessage => ({
          topic,
          partition,
          key: String(n),
          value: 'x'.repeat(size),
        }))
        const seen = new Map<string, number[]>()
        for (const request of cutRequests(messages, () => 0)) {
          const batches = Map.groupBy(request, ({ topic, partition }) => `${topic}/${partition}`)
          for (const [place, batch] of batches) {
            const bytes = batch.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
            expect(batch.length === 1 || bytes < 1_000_000).toBe(true)
            seen.set(place, [...(seen.get(place) ?? []), ...batch.map(({ key }) => Number(key))])
          }
        }
        const all = [...seen.values()].flat()
        expect(all.sort((a, b) => a - b)).toEqual(messages.map((_, n) => n))
        for (const order of seen.values()) expect(order).toEqual([...order].sort((a, b) => a - b))
      }),
      { numRuns: 100 },
    )
  })
})
