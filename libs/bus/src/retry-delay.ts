const DELAY_MS_MIN = 50
const DELAY_MS_MAX = 5_000

/** How long to wait before the next try after so many failures in a row: doubling, bounded. */
export function retryDelayMs(failures: number): number {
  return Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** Math.min(failures - 1, 10))
}
