import { createHash } from 'node:crypto'
import type { Rejection, SubscriptionPhase } from '@portitor/contracts'
import { BookInvalid, type CompiledPlan, compilePlan, type Overrides, withOverrides } from '@portitor/pricing'
import type { PublishedPlan } from '../plans/published-plan.ts'

export type PublishedPlans = ReadonlyMap<string, readonly PublishedPlan[]>

/** The plan first, then its add-ons. */
export type PhasePlans = readonly [PublishedPlan, ...PublishedPlan[]]

/**
 * The versions that a phase is subscribed to: those it is pinned to, or of those in force at `timeMs` the highest.
 * `fixedPlan` holds for all who subscribe to its plan, whatever version is theirs.
 */
export function choosePlans(
  phase: SubscriptionPhase,
  timeMs: number,
  { plans, fixedPlan }: { readonly plans: PublishedPlans; readonly fixedPlan?: PublishedPlan | undefined },
): { readonly chosen: PhasePlans } | { readonly refused: Rejection } {
  const chosen: PublishedPlan[] = []
  for (const { plan, version } of [phase, ...phase.add_ons]) {
    const fixed = fixedPlan?.plan === plan ? fixedPlan : undefined
    const found = fixed ?? versionAt(plans.get(plan) ?? [], version, timeMs)
    if (found === undefined) return { refused: noPlan(plan, version) }
    chosen.push(found)
  }
  const [plan, ...addOns] = chosen
  return { chosen: [plan!, ...addOns] }
}

/**
 * Makes them ready, with the subscription's own charges and fees in the places of those they name. An id stands once in a plan and
 * its add-ons, so it says which is meant. Refused where none of them has it, or where they contradict themselves.
 */
export function compilePhase(
  chosen: PhasePlans,
  { overrides }: SubscriptionPhase,
): { readonly compiled: readonly [CompiledPlan, ...CompiledPlan[]] } | { readonly refused: Rejection } {
  const terms = new Map(overrides.charges?.map(({ id }) => [id, termsTag(overrides)]))
  const [plan, ...addOns] = chosen
  const made = ({ content, version }: PublishedPlan, own: Overrides) =>
    compilePlan(withOverrides(content, own), { version, terms })
  try {
    return {
      compiled: [made(plan, less(overrides, addOns)), ...addOns.map((addOn) => made(addOn, only(overrides, addOn)))],
    }
  } catch (error) {
    return { refused: refusedBy(error, plan) }
  }
}

/** Why a plan cannot price its subscriber; whatever else went wrong is thrown on. */
export function refusedBy(error: unknown, { plan, version }: PublishedPlan): Rejection {
  if (!(error instanceof BookInvalid)) throw error
  const detail = `the plan ${plan} version ${version} cannot price the subscription: ${error.message}`
  return { code: 'pricing.plan_invalid', detail }
}

const tags = new WeakMap<object, string>()

/** Names a subscription's own charges by what they say, so that other charges make other segments. */
export function termsTag(overrides: Overrides): string {
  if (overrides.charges === undefined || overrides.charges.length === 0) return ''
  let tag = tags.get(overrides)
  if (tag === undefined) {
    tag = createHash('sha256').update(JSON.stringify(overrides.charges)).digest('hex').slice(0, 16)
    tags.set(overrides, tag)
  }
  return tag
}

/** What names something of the add-on. */
function only({ charges, fees }: Overrides, { content }: PublishedPlan): Overrides {
  return {
    charges: charges?.filter((charge) => has(content.charges, charge)),
    fees: fees?.filter((fee) => has(content.fees, fee)),
  }
}

/** What names nothing of the add-ons, and so something of the plan. */
function less({ charges, fees }: Overrides, addOns: readonly PublishedPlan[]): Overrides {
  return {
    charges: charges?.filter((charge) => !addOns.some(({ content }) => has(content.charges, charge))),
    fees: fees?.filter((fee) => !addOns.some(({ content }) => has(content.fees, fee))),
  }
}

function has(items: readonly { readonly id: string }[], { id }: { readonly id: string }): boolean {
  return items.some((item) => item.id === id)
}

function versionAt(
  versions: readonly PublishedPlan[],
  pinned: number | null,
  timeMs: number,
): PublishedPlan | undefined {
  if (pinned !== null) return versions.find(({ version }) => version === pinned)
  return versions.findLast(({ effectiveFromMs, effectiveToMs }) => effectiveFromMs <= timeMs && timeMs < effectiveToMs)
}

function noPlan(plan: string, version: number | null): Rejection {
  const which = version === null ? 'has no version in force' : `has no published version ${version}`
  return {
    code: 'pricing.no_plan',
    field: 'time',
    detail: `the workspace is subscribed to the plan ${plan}, which ${which} at that time`,
  }
}
