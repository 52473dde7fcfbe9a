/** When a published version of a book is in force: at times t with from ≤ t < to. */
export interface Effective {
  readonly version: number
  readonly from: Date
  readonly to: Date | null
}

export interface Span {
  readonly from: Date
  readonly to: Date
}

/**
 * Every version that prices some instant from `span.from` to `span.to`, both included, by the rule of `inForce` in
 * `@portitor/pricing`: of the versions whose time holds an instant, the highest. The answer changes only where a version begins
 * or ends, so those instants are all there is to look at. Ascending as given.
 */
export function versionsWithin<Version extends Effective>(versions: readonly Version[], span: Span): Version[] {
  const borders = versions.flatMap(({ from, to }) => (to === null ? [from] : [from, to]))
  const instants = [span.from, ...borders.filter((border) => border > span.from && border <= span.to)]
  const found = new Set(instants.map((instant) => versionAt(versions, instant)))
  return versions.filter((version) => found.has(version))
}

function versionAt<Version extends Effective>(versions: readonly Version[], at: Date): Version | undefined {
  return versions
    .filter(({ from, to }) => from <= at && (to === null || at < to))
    .reduce<Version | undefined>((best, next) => (best && best.version > next.version ? best : next), undefined)
}
