import type { BookDiff, BookVersionDetail } from '@portitor/contracts'
import { diffBooks } from './diff-books.ts'
import { pageOfChanges } from './diff-statements.ts'

/** A page of what changes from one version to another, with the counts of all of it. */
export function diffPage(
  earlier: BookVersionDetail,
  later: BookVersionDetail,
  page: { start: number; limit: number },
): BookDiff {
  const changes = diffBooks(earlier.content, later.content)
  return { book: later.book, from: earlier.version, to: later.version, ...pageOfChanges(changes, page) }
}
