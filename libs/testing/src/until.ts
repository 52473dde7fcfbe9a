import { setTimeout as sleep } from 'node:timers/promises'

/**
 * How long a spec waits for a state that has to come: far longer than it ever takes, since a shorter limit judges the machine
 * and not the code. It is half of what jest gives a test, so that what did not come is named.
 */
export const waitMsMax = 120_000
const pollMs = 20

/** Resolves once `isSo` answers true; throws after `waitMsMax`, saying what did not happen. */
export async function until(isSo: () => boolean | Promise<boolean>, what = 'what was waited for'): Promise<void> {
  for (const deadline = performance.now() + waitMsMax; !(await isSo()); await sleep(pollMs))
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${waitMsMax / 1_000} s`)
}
