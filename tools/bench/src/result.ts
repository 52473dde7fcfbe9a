/** What every benchmark but `growth` reports. Rates are per second; `ratio` is rate ÷ limit. */
export interface BenchResult {
  readonly name: string
  /** What is counted: `transfer rows` or `events`. */
  readonly unit: string
  readonly rate: number
  readonly limit: number
  readonly ratio: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly rss_mb: number
  /** Further figures of this benchmark. */
  readonly [more: string]: unknown
}

export function ratioOf(rate: number, limit: number): number {
  return Math.round((rate / limit) * 1_000) / 1_000
}
