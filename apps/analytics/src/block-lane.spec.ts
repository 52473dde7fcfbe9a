import { jest } from '@jest/globals'
import { BlockLane } from './block-lane.ts'
import type { Block } from './cut-block.ts'

const limits = { waitMsMax: 250, bytesMax: 1_000 }

function block(partition: number, bytes = 10): Block {
  const record = {
    topic: 't',
    partition,
    offset: 0n,
    key: null,
    value: Buffer.alloc(bytes),
    headers: {},
    timestampMs: 0,
  }
  return {
    id: String(partition),
    topic: 't',
    partition,
    firstOffset: 0n,
    lastOffset: 0n,
    records: [record],
    sequences: {},
  }
}

describe('a lane of blocks', () => {
  const written: number[][] = []
  let finish: ((error?: Error) => void)[] = []
  const lane = () =>
    new BlockLane((blocks) => {
      written.push(blocks.map(({ partition }) => partition))
      return new Promise((resolve, reject) => finish.push((error) => (error === undefined ? resolve() : reject(error))))
    }, limits)
  beforeEach(() => {
    jest.useFakeTimers()
    written.length = 0
    finish = []
  })
  afterEach(() => jest.useRealTimers())

  it('writes together what comes within the wait of the first', async () => {
    const gathering = lane()
    const added = [gathering.add(block(0)), gathering.add(block(1))]
    jest.advanceTimersByTime(249)
    added.push(gathering.add(block(2)))
    expect(written).toEqual([])
    jest.advanceTimersByTime(1)
    expect(written).toEqual([[0, 1, 2]])
    finish[0]!()
    await Promise.all(added)
  })

  it('writes at once when there is enough', () => {
    const gathering = lane()
    void gathering.add(block(0, 600))
    void gathering.add(block(1, 400))
    expect(written).toEqual([[0, 1]])
  })

  it('has one write under way, and what became due meanwhile goes right after it', async () => {
    const gathering = lane()
    const first = gathering.add(block(0, 1_000))
    void gathering.add(block(1))
    jest.advanceTimersByTime(300)
    void gathering.add(block(2))
    expect(written).toEqual([[0]])
    finish[0]!()
    await first
    expect(written).toEqual([[0], [1, 2]])
  })

  it('leaves what is not yet due to its own wait', async () => {
    const gathering = lane()
    const first = gathering.add(block(0, 1_000))
    jest.advanceTimersByTime(100)
    void gathering.add(block(1))
    finish[0]!()
    await first
    expect(written).toEqual([[0]])
    jest.advanceTimersByTime(250)
    expect(written).toEqual([[0], [1]])
  })

  it('a failed write fails what went along, and nothing else', async () => {
    const gathering = lane()
    const first = gathering.add(block(0, 1_000))
    const second = gathering.add(block(1, 1_000))
    finish[0]!(new Error('no'))
    await expect(first).rejects.toThrow('no')
    finish[1]!()
    await expect(second).resolves.toBeUndefined()
  })
})
