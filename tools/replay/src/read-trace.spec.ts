import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTrace } from './read-trace.ts'

const head = 'TIMESTAMP,ContextTokens,GeneratedTokens'
const rows = ['2023-11-16 18:15:46.6805900,374,44', '2023-11-16 18:15:50.9951690,396,109']

async function all<Item>(items: Iterable<Item> | AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('a trace file', () => {
  let folder: string
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'portitor-trace-'))))
  afterAll(() => rm(folder, { recursive: true }))
  const write = async (content: string | Buffer) => {
    const file = join(folder, 'trace')
    await writeFile(file, content)
    return file
  }
  const tokens = async (content: string) => {
    const found: number[] = []
    for await (const { inputTokens } of (await openTrace(await write(content))).rows()) found.push(inputTokens)
    return found
  }

  it.each([
    ['LF', [head, ...rows, ''].join('\n')],
    ['CRLF', [head, ...rows, ''].join('\r\n')],
    ['a last line without an end', [head, ...rows].join('\n')],
    ['a byte order mark', `\ufeff${[head, ...rows].join('\r\n')}`],
    ['empty lines', `\n${[head, ...rows].join('\n\n')}\n\n`],
  ])('is read with %s', async (_, content) => {
    expect(await tokens(content)).toEqual([374, 396])
  })

  it('is known by its content, its count and its span, and can be read again', async () => {
    const content = [head, ...rows].join('\n')
    const trace = await openTrace(await write(content))
    expect(trace).toMatchObject({
      sha256: createHash('sha256').update(content).digest('hex'),
      rowsCount: 2,
      firstMs: Date.parse('2023-11-16T18:15:46.680Z'),
      lastMs: Date.parse('2023-11-16T18:15:50.995Z'),
      blocksForgotten: 0,
    })
    for (let time = 0; time < 2; time++) expect(await all(trace.rows())).toHaveLength(2)
  })

  it('counts the same cached blocks each time it is read', async () => {
    const row = JSON.stringify({ timestamp: 1, input_length: 600, output_length: 1, hash_ids: [7] })
    const trace = await openTrace(await write(`${row}\n${row}\n`))
    const cached = async () => (await all(trace.rows())).map(({ cachedInputTokens }) => cachedInputTokens)
    expect([await cached(), await cached()]).toEqual([
      [0, 512],
      [0, 512],
    ])
  })

  it.each([
    [
      'other columns',
      'time,in,out\n1,2,3',
      /^line 1: expected the columns TIMESTAMP,ContextTokens,GeneratedTokens, or JSON/,
    ],
    ['a faulty row', `${head}\n${rows[0]}\n\nx,y`, /^line 4: expected TIMESTAMP/],
    ['no rows', `${head}\n`, /has no rows$/],
    ['nothing', '', /has no rows$/],
    ['a line without end', `${head}\n${'1'.repeat(1_100_000)}`, /^line 2 is longer than 1 MiB$/],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0x0a]), /expected text in UTF-8$/],
  ])('with %s is refused before anything is sent', async (_, content, message) => {
    await expect(openTrace(await write(content))).rejects.toThrow(message)
  })

  it('that is missing or a folder is named with what to do', async () => {
    await expect(openTrace(join(folder, 'missing'))).rejects.toThrow(/missing does not exist: give the path/)
    await expect(openTrace(folder)).rejects.toThrow(/is a folder: give the path of a trace file/)
  })
})
