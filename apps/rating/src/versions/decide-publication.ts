import { refuseUnreviewed, type Refused, type ReviewedVersion } from './decide-review.ts'
import type { Noun } from './versions.store.ts'

/** A draft as far as its publication depends on it. */
export interface Publishable extends ReviewedVersion {
  /** Null: it is for the publication to say. */
  readonly effective_from: string | null
  readonly effective_to: string | null
}

export interface PublicationRequest {
  /** Takes the place of the draft's own; `now` is the moment of publication. */
  readonly effective_from?: string | undefined
  readonly effective_to?: string | null | undefined
  readonly backdate: boolean
}

/** What a publication depends on beside the draft and the request. */
export interface PublicationState {
  readonly now: Date
  /** Whether an approval of another principal than the author is needed. */
  readonly fourEyes: boolean
  readonly published: readonly { readonly version: number; readonly from: Date }[]
}

/** Either when the version is in force, or why it is not published: a stable code, what to do, and the field that is wrong. */
type Publication =
  | { readonly effectiveFrom: string; readonly effectiveTo: string | null; readonly refused?: never }
  | { readonly refused: Refused }

/**
 * whether a draft may be published, and as of when. A version may not take effect before now unless the operator
 * asks for it: events that are already rated keep their version, so only late ones would get the new one and two equal
 * calls of one hour would owe different amounts. Two versions never begin at one instant: which of them was meant would
 * be told by nothing but their numbers.
 */
export function decidePublication(
  noun: Noun,
  draft: Publishable,
  request: PublicationRequest,
  { now, fourEyes, published }: PublicationState,
): Publication {
  if (draft.status === 'published')
    return refused(`${noun}.already_published`, `Version ${draft.version} is published since ${draft.published_at}.`)
  const wanted = request.effective_from ?? draft.effective_from ?? 'now'
  const from = wanted === 'now' ? firstFree(now, published) : new Date(wanted)
  const to = request.effective_to ?? draft.effective_to
  if (from < now && !request.backdate)
    return refused(
      `${noun}.effective_in_past`,
      `The version would take effect at ${from.toISOString()}, which is over, and events that are already rated would not follow. Send {"effective_from":"now"}, a later time, or {"backdate":true} if events still to come shall use it.`,
      'effective_from',
    )
  if (to !== null && new Date(to) <= from)
    return refused(
      `${noun}.never_in_force`,
      `The version ends at ${to}, before it begins at ${from.toISOString()}: give a later effective_to.`,
      'effective_to',
    )
  const twin = published.find((other) => other.from.getTime() === from.getTime())
  if (twin !== undefined)
    return refused(
      `${noun}.effective_time_taken`,
      `Version ${twin.version} takes effect at ${from.toISOString()} too, and only one can: a version that begins earlier supersedes it.`,
      'effective_from',
    )
  const unreviewed = refuseUnreviewed(noun, draft, fourEyes)
  if (unreviewed !== undefined) return { refused: unreviewed }
  return { effectiveFrom: from.toISOString(), effectiveTo: to === null ? null : new Date(to).toISOString() }
}

/** Two publications may fall into one millisecond. Each step passes one version, so it ends. */
function firstFree(now: Date, published: PublicationState['published']): Date {
  const taken = new Set(published.map(({ from }) => from.getTime()))
  let ms = now.getTime()
  while (taken.has(ms)) ms += 1
  return new Date(ms)
}

function refused(code: string, detail: string, field?: string): Publication {
  return { refused: { code, detail, ...(field === undefined ? {} : { field }) } }
}
