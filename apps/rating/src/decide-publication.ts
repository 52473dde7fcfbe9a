import type { BookVersionDetail, PublishBook } from '@portitor/contracts'

/** Either from when on the version is in force, or why it is not published: a stable code and what to do. */
type Publication =
  | { readonly effectiveFrom: string; readonly refused?: never }
  | { readonly refused: { readonly code: string; readonly detail: string } }

/**
 * whether a draft may be published, and as of when. A version may not take effect before now unless the operator
 * asks for it: events that are already rated keep their version, so only late ones would get the new one and two equal
 * calls of one hour would owe different amounts.
 */
export function decidePublication(draft: BookVersionDetail, request: PublishBook, now: Date): Publication {
  if (draft.status === 'published')
    return refused('book.already_published', `Version ${draft.version} is published since ${draft.published_at}.`)
  const wanted = request.effective_from ?? draft.effective_from
  const from = wanted === 'now' ? now : new Date(wanted)
  if (from < now && !request.backdate)
    return refused(
      'book.effective_in_past',
      `The version would take effect at ${from.toISOString()}, which is over, and events that are already rated would not follow. Send {"effective_from":"now"}, a later time, or {"backdate":true} if events still to come shall use it.`,
    )
  if (draft.effective_to !== null && new Date(draft.effective_to) <= from)
    return refused(
      'book.never_in_force',
      `The version ends at ${draft.effective_to}, before it begins at ${from.toISOString()}: make a draft with a later effective_to.`,
    )
  return { effectiveFrom: from.toISOString() }
}

function refused(code: string, detail: string): Publication {
  return { refused: { code, detail } }
}
