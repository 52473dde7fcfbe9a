import { parseAzureRow } from './parse-azure-row.ts'
import { jsonRowParser } from './parse-json-row.ts'
import { SeenBlocks } from './seen-blocks.ts'

describe('a row of an Azure trace', () => {
  it('keeps all seven digits of a time without zone and reads it as UTC', () => {
    expect(parseAzureRow({ number: 2, text: '2023-11-16 18:15:46.6805900,374,44' })).toEqual({
      time: '2023-11-16T18:15:46.6805900Z',
      inputTokens: 374,
      cachedInputTokens: 0,
      outputTokens: 44,
    })
  })

  it.each([
    '2023-11-16 18:15:46.6805900,374',
    '2023-11-16 18:15:46.6805900,374,44,1',
    '2023-11-16 18:15:46.6805900,-1,44',
    '2023-11-16 18:15:46.6805900,1e3,44',
    '2023-13-16 18:15:46.6805900,374,44',
    '2023-11-16T18:15:46.6805900Z,374,44',
    ',,',
  ])('names line and expectation of %s', (text) => {
    expect(() => parseAzureRow({ number: 17, text })).toThrow(
      /^line 17: expected TIMESTAMP,ContextTokens,GeneratedTokens as in .*, got /,
    )
  })
})

describe('a row of JSON lines', () => {
  const parse = (rows: object[], seen = new SeenBlocks()) => {
    const parser = jsonRowParser(seen)
    return rows.map((row, index) => parser({ number: index + 1, text: JSON.stringify(row) }))
  }

  it('takes a number as milliseconds after 2025-01-01 and a time with a zone as it is', () => {
    const times = parse([
      { timestamp: 0, input_length: 1, output_length: 1 },
      { timestamp: 27_482.9, input_length: 1, output_length: 1 },
      { timestamp: '2024-02-29T12:00:00+01:00', input_length: 1, output_length: 1 },
    ]).map(({ time }) => time)
    expect(times).toEqual(['2025-01-01T00:00:00.000Z', '2025-01-01T00:00:27.482Z', '2024-02-29T12:00:00+01:00'])
  })

  it('counts 512 cached tokens for each block that an earlier row had, and never more than the input', () => {
    const row = (hash_ids: (number | string)[], input_length: number) => ({
      timestamp: 1,
      input_length,
      output_length: 1,
      hash_ids,
    })
    const cached = parse([
      row([1, 2, 2], 1_500),
      row([1, 2, 3], 1_500),
      row([1, 2, 3], 1_400),
      row(['1', 9], 600),
      { timestamp: 1, input_length: 5, output_length: 1 },
    ])
    expect(cached.map(({ cachedInputTokens }) => cachedInputTokens)).toEqual([0, 1_024, 1_400, 512, 0])
  })

  it('forgets the oldest block when it holds as many as it may, and says how many', () => {
    const seen = new SeenBlocks(2)
    for (const block of ['a', 'b', 'c', 'c']) seen.add(block)
    expect([seen.has('a'), seen.has('b'), seen.has('c'), seen.forgotten]).toEqual([false, true, true, 1])
  })

  it.each([
    ['{"timestamp": 1, "input_length": 2}', /^line 3, field output_length: .*expected \{"timestamp"/],
    ['{"timestamp": -1, "input_length": 2, "output_length": 1}', /^line 3, field timestamp: /],
    ['{"timestamp": 1, "input_length": 2.5, "output_length": 1}', /^line 3, field input_length: /],
    ['{"timestamp": 1,', /^line 3: .*expected \{"timestamp"/],
  ])('names line, field and expectation of %s', (text, message) => {
    expect(() => jsonRowParser(new SeenBlocks())({ number: 3, text })).toThrow(message)
  })
})
