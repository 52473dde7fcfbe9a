/** A billing period: [`startMs`, `endMs`) in milliseconds since 1970, and its name. */
export interface Period {
  readonly startMs: number
  readonly endMs: number
  readonly label: string
}

/**
 * Names a period after its first instant (ADR 22): `2026-11` where that is midnight UTC on the first of a month, `2026-11-15`
 * at midnight UTC, else `2026-11-15T09:30:00.000Z`. A shorter name is the beginning of the longer ones after it, so as text
 * they sort by time. For the years 1 to 9998.
 */
export function periodLabel(startMs: number): string {
  const text = new Date(startMs).toISOString()
  if (!text.endsWith('T00:00:00.000Z')) return text
  return text.slice(8, 10) === '01' ? text.slice(0, 7) : text.slice(0, 10)
}
