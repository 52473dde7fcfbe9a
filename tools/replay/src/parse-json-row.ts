import { z } from 'zod'
import { type Line, TraceProblem } from './lines.ts'
import type { SeenBlocks } from './seen-blocks.ts'
import type { RowParser, TraceRow } from './trace-row.ts'

/** Where relative times begin. */
const relativeZeroMs = Date.UTC(2025, 0, 1)
const relativeMsMax = 100 * 366 * 86_400_000
/** Tokens of one block of `hash_ids`. */
const blockTokens = 512

const tokens = z.int().nonnegative().max(999_999_999_999)
const rowSchema = z.object({
  timestamp: z.union([z.number().nonnegative().max(relativeMsMax), z.iso.datetime({ offset: true })]),
  input_length: tokens,
  output_length: tokens,
  hash_ids: z.array(z.union([z.number(), z.string().max(256)])).optional(),
})

/**
 * `{"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]}`: the time in milliseconds since the
 * trace began, or RFC 3339 with a zone. Blocks that an earlier row had are cached input, never more than the input: the
 * last block of a row may be only partly filled. Parses rows in their order, because `seen` remembers.
 */
export function jsonRowParser(seen: SeenBlocks): RowParser {
  return (line) => {
    const { timestamp, input_length, output_length, hash_ids = [] } = checked(line)
    const known = hash_ids.filter((id) => seen.has(String(id))).length
    for (const id of hash_ids) seen.add(String(id))
    return {
      time: timeOf(timestamp),
      inputTokens: input_length,
      cachedInputTokens: Math.min(input_length, known * blockTokens),
      outputTokens: output_length,
    } satisfies TraceRow
  }
}

function timeOf(timestamp: number | string): string {
  return typeof timestamp === 'string' ? timestamp : new Date(relativeZeroMs + Math.floor(timestamp)).toISOString()
}

function checked({ number, text }: Line): z.infer<typeof rowSchema> {
  const found = rowSchema.safeParse(parsed(text))
  if (found.success) return found.data
  const { path, message } = found.error.issues[0]!
  const what = path.length === 0 ? '' : `, field ${path.join('.')}`
  throw new TraceProblem(
    `line ${number}${what}: ${message}; expected {"timestamp": milliseconds, "input_length": n, "output_length": n}`,
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
