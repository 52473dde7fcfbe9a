import { type LogRecord, PRODUCER_HEADER, SEQUENCE_HEADER, type Sequences } from '@portitor/bus'
import fc from 'fast-check'
import { cutRecords, numberOf, tokenOf } from './cut-block.ts'

const record = (offset: number, producer?: string, sequence?: number | string): LogRecord => ({
  topic: 'portitor.usage.rated.v1',
  partition: 3,
  offset: BigInt(offset),
  key: null,
  value: Buffer.from('{}'),
  headers: producer === undefined ? {} : { [PRODUCER_HEADER]: producer, [SEQUENCE_HEADER]: String(sequence) },
  timestampMs: 0,
})
const offsets = (records: readonly LogRecord[]) => records.map(({ offset }) => Number(offset))

describe('cutting a block', () => {
  it('L-11 takes what follows in number, drops a relay’s resends, and keeps the last number', () => {
    const records = [record(10, 'rating', 5), record(11, 'rating', 6), record(12, 'rating', 5), record(14, 'rating', 7)]
    const cut = cutRecords({ records, lastOffset: 15n }, { rating: 4n })
    expect([offsets(cut.records), cut.sequences, cut.nextOffset, cut.gap]).toEqual([
      [10, 11, 14],
      { rating: 7n },
      16n,
      false,
    ])
  })

  it('L-11 ends before a gap in a producer’s numbering', () => {
    const records = [record(10, 'rating', 5), record(11, 'rating', 7), record(12, 'rating', 8)]
    const cut = cutRecords({ records, lastOffset: 12n }, { rating: 4n })
    expect([offsets(cut.records), cut.sequences, cut.nextOffset, cut.gap]).toEqual([[10], { rating: 5n }, 11n, true])
  })

  it('takes the first number it sees of a producer as where it begins, and records without a number', () => {
    const cut = cutRecords({ records: [record(0, 'log', 9), record(1)], lastOffset: 1n }, {})
    expect([offsets(cut.records), cut.sequences]).toEqual([[0, 1], { log: 9n }])
    expect([numberOf(record(7)), numberOf(record(7, 'log', 'x')), numberOf(record(7, 'log', 3))]).toEqual([
      { producer: '', sequence: 7n },
      { producer: '', sequence: 7n },
      { producer: 'log', sequence: 3n },
    ])
  })

  it('A-1 cuts the same from the same records, wherever the stretch was divided before', () => {
    const numbers = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.nat({ max: 6 })), { maxLength: 20 })
    fc.assert(
      fc.property(numbers, fc.nat({ max: 20 }), (given, at) => {
        const records = given.map(([producer, sequence], offset) => record(offset, producer, sequence))
        const lastOffset = BigInt(records.length) - 1n
        const whole = cutRecords({ records, lastOffset }, {})
        const middle = Math.min(at, records.length)
        const first = cutRecords({ records: records.slice(0, middle), lastOffset: BigInt(middle) - 1n }, {})
        if (first.gap) return expect([first.nextOffset, first.sequences]).toEqual([whole.nextOffset, whole.sequences])
        const second = cutRecords({ records: records.slice(middle), lastOffset }, first.sequences)
        expect([...first.records, ...second.records]).toEqual(whole.records)
        expect([second.sequences, second.nextOffset, second.gap]).toEqual([
          whole.sequences,
          whole.nextOffset,
          whole.gap,
        ])
      }),
    )
  })

  it('changes nothing of what it was given', () => {
    const before: Sequences = Object.freeze({ rating: 4n })
    cutRecords({ records: [record(10, 'rating', 5)], lastOffset: 10n }, before)
    expect(before).toEqual({ rating: 4n })
  })

  it('names a block by topic, partition, border and id', () => {
    const block = {
      id: 'id',
      topic: 't',
      partition: 3,
      firstOffset: 100n,
      lastOffset: 180n,
      records: [],
      sequences: {},
    }
    expect(tokenOf(block)).toBe('t:3:100-180:id')
  })
})
