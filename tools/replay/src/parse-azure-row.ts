import { type Line, TraceProblem } from './lines.ts'
import type { TraceRow } from './trace-row.ts'

/** The first line of the Azure LLM inference traces. */
export const azureHeader = 'TIMESTAMP,ContextTokens,GeneratedTokens'

const form = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?),(\d{1,12}),(\d{1,12})$/

/** `2023-11-16 18:15:46.6805900,374,44`: the time has no zone and is UTC. */
export function parseAzureRow({ number, text }: Line): TraceRow {
  const [, date, clock, input, output] = form.exec(text) ?? []
  const time = `${date}T${clock}Z`
  if (date === undefined || Number.isNaN(Date.parse(time)))
    throw new TraceProblem(
      `line ${number}: expected ${azureHeader} as in 2023-11-16 18:15:46.6805900,374,44, got ${text.slice(0, 80)}`,
    )
  return { time, inputTokens: Number(input), cachedInputTokens: 0, outputTokens: Number(output) }
}
