import { isStorable, type Meter, type PlanContent } from '@portitor/contracts'
import { compilePlan } from '@portitor/pricing'
import {
  type BookProblem,
  contradiction,
  isMetered,
  meterExpected,
  reported,
  unknownNames,
} from '../catalog/check-charges.ts'

interface Known {
  readonly meters: readonly Meter[]
  /** Of what is published; undefined before anything is. */
  readonly currency: string | undefined
  /** Of the plan's published versions; undefined before the first. */
  readonly kind: 'plan' | 'add_on' | undefined
}

/**
 * B-1, R-4: judges the content of a plan's draft, so that nothing can be published that would bill wrongly or not at all: what
 * contradicts itself, names that nothing else knows, and what the rater cannot rate event by event.
 */
export function checkPlan(plan: string, content: PlanContent, known: Known): BookProblem[] {
  return reported([
    ...contradiction(() => compilePlan(content)),
    ...mustBe('id', content.id === plan, `${plan}, the plan of the address`),
    ...mustBe('name', isStorable(content.name) && content.name.trim() !== '', 'a name for people, without NUL'),
    ...mustBe(
      'currency',
      known.currency === undefined || content.currency === known.currency,
      `${known.currency}, the currency of what is published`,
    ),
    ...unfitKind(content, known.kind),
    ...unknownNames(content.charges, known.meters),
    ...unknownLimits(content, known.meters),
    ...unratable(content),
    ...untold(content),
  ])
}

/** Subscriptions name plans and add-ons in different places, so what one was it stays; and an add-on leaves to its plan what is the plan's. */
function unfitKind(content: PlanContent, known: Known['kind']): BookProblem[] {
  const kind = content.kind ?? 'plan'
  if (known !== undefined && kind !== known)
    return [{ field: 'kind', expected: `${known}, as in the published versions: subscriptions name it as such` }]
  if (kind === 'plan') return []
  return (['otherwise', 'trial_days'] as const).flatMap((field) =>
    mustBe(field, content[field] === undefined, 'nothing: the plan that the add-on stands beside says it'),
  )
}

function unknownLimits({ limits }: PlanContent, meters: readonly Meter[]): BookProblem[] {
  const names = meters.map(({ name }) => name)
  return Object.keys(limits ?? {}).flatMap((meter) => mustBe(`limits.${meter}`, isMetered(meter, names), meterExpected))
}

/** An allowance that grows with the active agents, taken out of one total, changes what is owed for events long rated. */
function unratable({ charges }: PlanContent): BookProblem[] {
  return charges.flatMap(({ scope, quantity }, index) =>
    mustBe(
      `charges[${index}].quantity.free.per`,
      quantity?.free?.per !== 'agent' || scope === 'agent',
      'workspace, or "scope": "agent" beside it: in one total of the workspace the allowance would follow from how many agents were active, which is known when the period ends',
    ),
  )
}

/** Nothing keeps the peaks of meters for plans, so a fee that follows from them would be a guess. */
function untold({ fees }: PlanContent): BookProblem[] {
  return fees.flatMap(({ price }, index) =>
    mustBe(
      `fees[${index}].price.model`,
      price.model !== 'capacity',
      'flat: the peaks that capacity follows from are not kept for plans, so nobody could say which tier is owed',
    ),
  )
}

function mustBe(field: string, holds: boolean, expected: string): BookProblem[] {
  return holds ? [] : [{ field, expected }]
}
