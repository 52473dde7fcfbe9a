/** One request of a trace. */
export interface TraceRow {
  /** RFC 3339, in UTC, with the digits the trace has. */
  readonly time: string
  readonly inputTokens: number
  /** A part of the input. */
  readonly cachedInputTokens: number
  readonly outputTokens: number
}

/** Turns a line into a row. Throws `TraceProblem` naming the line and what is expected. */
export type RowParser = (line: { readonly number: number; readonly text: string }) => TraceRow
