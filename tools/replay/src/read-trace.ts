import { createHash } from 'node:crypto'
import { type Line, readLines, TraceProblem } from './lines.ts'
import { azureHeader, parseAzureRow } from './parse-azure-row.ts'
import { jsonRowParser } from './parse-json-row.ts'
import { SeenBlocks } from './seen-blocks.ts'
import type { RowParser, TraceRow } from './trace-row.ts'

export interface Trace {
  /** SHA-256 of the file's bytes, in hexadecimal. */
  readonly sha256: string
  readonly rowsCount: number
  readonly firstMs: number
  readonly lastMs: number
  /** Blocks that were forgotten for lack of room, so that they did not count as cached when they came again. */
  readonly blocksForgotten: number
  /** The rows in the order of the file; may be asked for again and gives the same. */
  rows(): AsyncIterable<TraceRow>
}

/** Reads a trace once from end to end, so that nothing is sent of a file with a fault. Throws `TraceProblem`. */
export async function openTrace(file: string): Promise<Trace> {
  const hash = createHash('sha256')
  const seen = new SeenBlocks()
  let rowsCount = 0
  let [firstMs, lastMs] = [Infinity, -Infinity]
  for await (const { time } of rowsOf(
    readLines(file, (chunk) => hash.update(chunk)),
    seen,
  )) {
    rowsCount += 1
    const timeMs = Date.parse(time)
    firstMs = Math.min(firstMs, timeMs)
    lastMs = Math.max(lastMs, timeMs)
  }
  if (rowsCount === 0) throw new TraceProblem(`${file} has no rows`)
  const rows = () => rowsOf(readLines(file), new SeenBlocks())
  return { sha256: hash.digest('hex'), rowsCount, firstMs, lastMs, blocksForgotten: seen.forgotten, rows }
}

/** The first line tells which kind of trace it is. */
async function* rowsOf(lines: AsyncIterable<Line>, seen: SeenBlocks): AsyncGenerator<TraceRow> {
  let parse: RowParser | undefined
  for await (const line of lines) {
    if (parse !== undefined) yield parse(line)
    else if (line.text.trimStart().startsWith('{')) {
      parse = jsonRowParser(seen)
      yield parse(line)
    } else if (line.text === azureHeader) parse = parseAzureRow
    else
      throw new TraceProblem(
        `line ${line.number}: expected the columns ${azureHeader}, or JSON lines of timestamp, input_length and output_length; got ${line.text.slice(0, 80)}`,
      )
  }
}
