/** One comparable statement of a book or a plan: what it is about, in words, and what it says. */
export interface Statement<Place extends object> {
  readonly what: string
  /** Where it stands, for programs. */
  readonly place: Place
  readonly says: string
}

export type Change<Place extends object> = Place & {
  readonly change: 'added' | 'removed' | 'changed'
  readonly what: string
  readonly before: string | null
  readonly after: string | null
}

/** What differs between two lists, by `keyOf`. Sorted as the later list reads, with what was removed at the end. */
export function diffStatements<Place extends object>(
  from: readonly Statement<Place>[],
  to: readonly Statement<Place>[],
  keyOf: (statement: Statement<Place>) => string,
): Change<Place>[] {
  const before = new Map(from.map((statement) => [keyOf(statement), statement]))
  const changes = to.flatMap((statement): Change<Place>[] => {
    const earlier = before.get(keyOf(statement))
    before.delete(keyOf(statement))
    if (earlier?.says === statement.says) return []
    const { what, place, says } = statement
    return [{ change: earlier ? 'changed' : 'added', what, ...place, before: earlier?.says ?? null, after: says }]
  })
  const removed = [...before.values()].map(({ what, place, says }): Change<Place> => ({
    change: 'removed',
    what,
    ...place,
    before: says,
    after: null,
  }))
  return [...changes, ...removed]
}

/** A page of changes, with the counts of all of them. */
export function pageOfChanges<Item extends { readonly change: string }>(
  changes: readonly Item[],
  { start, limit }: { start: number; limit: number },
) {
  const count = (kind: string) => changes.filter(({ change }) => change === kind).length
  const end = start + limit
  return {
    added: count('added'),
    removed: count('removed'),
    changed: count('changed'),
    data: changes.slice(start, end),
    next_cursor: end < changes.length ? String(end) : null,
  }
}
