/** How many refusals wait at once, and for how long at most. */
const heldMax = 1_000
const delayMsMax = 10_000

/** Holds back the refusals of guessed credentials, which slows guessing (I-3); a valid credential never waits here. */
export class HeldAnswers {
  #held = 0

  /** Resolves with true after the delay, or with false at once where too many wait already: who guesses must not fill the memory. */
  async hold(delayMs: number): Promise<boolean> {
    if (delayMs <= 0) return true
    if (this.#held >= heldMax) return false
    this.#held += 1
    await new Promise((resolve) => setTimeout(resolve, Math.min(delayMs, delayMsMax)))
    this.#held -= 1
    return true
  }
}
