import fc from 'fast-check'
import { type EncodedEvent, packRecords, recordBytesMax } from './pack-records.ts'

const encoded = (workspaceId: string, text: string): EncodedEvent => ({
  workspaceId,
  text,
  bytes: Buffer.byteLength(text),
})
const partitionOf = (workspaceId: string) => workspaceId.charCodeAt(0) % 3

describe('packRecords', () => {
  it('packs what arrives together into one record a partition', () => {
    const events = Array.from({ length: 300 }, (_, index) => encoded('abcdef'[index % 6]!, String(index)))
    const messages = packRecords(events, partitionOf)
    expect(new Set(messages.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]))
    expect(messages[0]!.headers).toEqual({ 'content-type': 'application/cloudevents-batch+json' })
  })

  it('M-10 no record holds more than 1,000 events or 1 MiB, nothing is lost, and a workspace keeps its order', () => {
    const one = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat({ max: 65_000 }))
    fc.assert(
      fc.property(fc.array(one, { maxLength: 3_000, size: 'max' }), (drawn) => {
        const events = drawn.map(([workspace, size], index) =>
          encoded(workspace, `"${index}-${'é'.repeat(size % 700)}"`),
        )
        const messages = packRecords(events, partitionOf)
        const texts = new Map<number, string[]>()
        for (const { value, partition } of messages) {
          expect(Buffer.byteLength(value!)).toBeLessThanOrEqual(recordBytesMax)
          const own = JSON.parse(value as string) as string[]
          expect(own.length).toBeLessThanOrEqual(1_000)
          texts.set(partition!, [...(texts.get(partition!) ?? []), ...own])
        }
        for (const workspace of ['a', 'b', 'c', 'd']) {
          const mine = new Set(
            events.filter((event) => event.workspaceId === workspace).map(({ text }) => JSON.parse(text) as string),
          )
          const found = (texts.get(partitionOf(workspace)) ?? []).filter((text) => mine.has(text))
          expect(found).toEqual([...mine])
        }
      }),
      { numRuns: 30 },
    )
  })
})
