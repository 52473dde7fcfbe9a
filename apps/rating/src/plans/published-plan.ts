import type { PlanContent } from '@portitor/contracts'

/** A published version of a plan as raters keep it: when it is in force, and what it says. */
export interface PublishedPlan {
  readonly plan: string
  readonly version: number
  readonly kind: 'plan' | 'add_on'
  readonly effectiveFromMs: number
  /** `Infinity` without an end. */
  readonly effectiveToMs: number
  /** The same object every time, so what is compiled from it can be kept by it. */
  readonly content: PlanContent
}

/** `text` is parsed when the content is first asked for: of thousands of versions few are ever billed by. It was checked before it was stored. */
export function publishedPlan(version: Omit<PublishedPlan, 'content'>, text: string): PublishedPlan {
  let parsed: PlanContent | undefined
  return {
    ...version,
    get content() {
      return (parsed ??= JSON.parse(text) as PlanContent)
    },
  }
}
