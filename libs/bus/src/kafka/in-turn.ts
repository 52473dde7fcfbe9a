/**
 * Does one work after the other, in the order of the calls, whether they succeed or fail. What has waited beyond its
 * `untilMs` is not begun: nobody is waiting for it any more, and a log that stands still must not gather all of it.
 */
export function createTurns(
  now: () => number = Date.now,
): (work: () => Promise<void>, untilMs?: number) => Promise<void> {
  let before: Promise<void> = Promise.resolve()
  return (work, untilMs = Infinity) => {
    const done = before.then(() => {
      if (now() > untilMs) throw new Error('what was sent before is not confirmed yet')
      return work()
    })
    before = done.catch(() => undefined)
    return done
  }
}
