import { LogUnavailable } from './bus.ts'

/** Waits for an append for so long. Later, or if it fails, nothing is promised: it may still arrive (M-11). */
export async function withinTime(appending: Promise<unknown>, timeoutMs: number): Promise<void> {
  appending.catch(() => undefined)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    await Promise.race([appending, late])
  } catch (error) {
    throw new LogUnavailable(`the log did not confirm: ${(error as Error).message}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
