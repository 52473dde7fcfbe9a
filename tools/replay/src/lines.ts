import { createReadStream } from 'node:fs'

/** Longest line: a row with the hashes of a million tokens is some 20 KB. */
const lineBytesMax = 1_048_576

export interface Line {
  /** Counted from 1. */
  readonly number: number
  readonly text: string
}

/** What is wrong with the trace: where, and what is expected there. */
export class TraceProblem extends Error {
  override readonly name = 'TraceProblem'
}

/**
 * The lines of a file, one piece of it in memory at a time: without their ends (LF or CRLF) and without a byte order
 * mark; the last may lack its end, empty ones are left out. `onChunk` sees the bytes as they are. Throws `TraceProblem`.
 */
export async function* readLines(
  file: string,
  onChunk: (chunk: Buffer) => void = () => undefined,
): AsyncGenerator<Line> {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let number = 0
  const chunks = createReadStream(file) as AsyncIterable<Buffer>
  try {
    for await (const chunk of chunks) {
      onChunk(chunk)
      const lines = (rest + decode(utf8, chunk, number, true)).split('\n')
      rest = lines.pop()!
      if (rest.length > lineBytesMax) throw new TraceProblem(`line ${number + lines.length + 1} is longer than 1 MiB`)
      for (const text of lines) yield* line(++number, text)
    }
  } catch (error) {
    throw unreadable(file, error)
  }
  yield* line(number + 1, rest + decode(utf8, undefined, number, false))
}

function* line(number: number, text: string): Generator<Line> {
  const trimmed = text.endsWith('\r') ? text.slice(0, -1) : text
  if (trimmed.trim() !== '') yield { number, text: trimmed }
}

/** The decoder itself takes a byte order mark away. */
function decode(utf8: InstanceType<typeof TextDecoder>, chunk: Buffer | undefined, number: number, stream: boolean) {
  try {
    return utf8.decode(chunk, { stream })
  } catch {
    throw new TraceProblem(`after line ${number}: expected text in UTF-8`)
  }
}

function unreadable(file: string, error: unknown): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return new TraceProblem(`${file} does not exist: give the path of a trace, relative to where you are`)
    case 'EISDIR':
      return new TraceProblem(`${file} is a folder: give the path of a trace file`)
    case 'EACCES':
      return new TraceProblem(`${file} may not be read: allow it, or copy the file`)
    default:
      return error
  }
}
