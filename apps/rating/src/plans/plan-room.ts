import type { PlanContent } from '@portitor/contracts'
import type { Refused } from '../versions/decide-review.ts'

interface Size {
  readonly versions: number
  /** Of all contents as JSON. */
  readonly characters: number
}

/** Every rater keeps all published versions of plans in memory, the old ones too: subscriptions may be pinned to them. */
export const publishedPlansMax: Size = { versions: 10_000, characters: 64 * 1024 * 1024 }

/** Why no more is published; undefined where there is room. Refused here, so that no rater ever has to leave one out. */
export function refuseFull({ versions, characters }: Size, content: PlanContent): Refused | undefined {
  const more = JSON.stringify(content).length
  if (versions < publishedPlansMax.versions && characters + more <= publishedPlansMax.characters) return undefined
  return {
    code: 'plan.too_many',
    detail: `${versions} versions of plans are published, ${characters} characters in all, and no more than ${publishedPlansMax.versions} and ${publishedPlansMax.characters} can be kept.`,
  }
}
