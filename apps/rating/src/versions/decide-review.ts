import type { ReviewVersion, VersionActor, VersionReview } from '@portitor/contracts'
import { isSameActor } from './version-actor.ts'
import type { Noun } from './versions.store.ts'

/** What a review and a publication look at. */
export interface ReviewedVersion {
  readonly version: number
  readonly status: 'draft' | 'published'
  readonly published_at: string | null
  readonly author: VersionActor | null
  readonly reviews: readonly VersionReview[]
}

export interface Refused {
  readonly code: string
  readonly detail: string
  readonly field?: string
}

/** Enough for any real discussion; more would grow every answer about the version. */
export const reviewsMax = 100

/** why a verdict is not taken; undefined where it is. */
export function refuseReview(
  noun: Noun,
  draft: ReviewedVersion,
  { verdict }: ReviewVersion,
  reviewer: VersionActor,
): Refused | undefined {
  if (draft.status === 'published')
    return refused(`${noun}.already_published`, `Version ${draft.version} is published since ${draft.published_at}.`)
  if (verdict === 'approve' && isSameActor(draft.author, reviewer))
    return refused(`${noun}.own_review`, 'Who wrote a draft does not approve it: ask somebody else.')
  if (draft.reviews.length >= reviewsMax)
    return refused(`${noun}.too_many_reviews`, `The version has ${reviewsMax} reviews: make a new draft.`)
  return undefined
}

/**
 * why the reviews of a draft stand against its publication. The latest verdict of each reviewer on the present content
 * counts. A rejection always stands against it; with four eyes an approval is needed of somebody who did not write it. A
 * draft whose author is not known can be shown to be of nobody else, so it needs to be changed or made again first.
 */
export function refuseUnreviewed(noun: Noun, draft: ReviewedVersion, fourEyes: boolean): Refused | undefined {
  const verdicts = new Map(
    draft.reviews.filter(({ stands }) => stands).map((review) => [actorKey(review.reviewer), review]),
  )
  const rejection = [...verdicts.values()].find(({ verdict }) => verdict === 'reject')
  if (rejection !== undefined)
    return refused(
      `${noun}.rejected`,
      `${actorKey(rejection.reviewer)} rejected version ${draft.version} on ${rejection.at}: change the draft, or ask for another verdict.`,
    )
  if (!fourEyes) return undefined
  const approved = [...verdicts.values()].some(
    ({ reviewer }) => draft.author !== null && !isSameActor(reviewer, draft.author),
  )
  return approved
    ? undefined
    : refused(
        `${noun}.approval_missing`,
        `Version ${draft.version} needs an approval of somebody other than its author, for its content as it stands.`,
      )
}

function actorKey({ kind, id }: VersionActor): string {
  return `${kind}:${id}`
}

function refused(code: string, detail: string): Refused {
  return { code, detail }
}
