import type { BookDiff, BookVersionDetail } from '@portitor/contracts'
import { diffBooks } from './diff-books.ts'

/** A page of what changes from one version to another, with the counts of all of it. */
export function diffPage(
  earlier: BookVersionDetail,
  later: BookVersionDetail,
  { start, limit }: { start: number; limit: number },
): BookDiff {
  const changes = diffBooks(earlier.content, later.content)
  const count = (kind: string) => changes.filter(({ change }) => change === kind).length
  const end = start + limit
  return {
    book: later.book,
    from: earlier.version,
    to: later.version,
    added: count('added'),
    removed: count('removed'),
    changed: count('changed'),
    data: changes.slice(start, end),
    next_cursor: end < changes.length ? String(end) : null,
  }
}
