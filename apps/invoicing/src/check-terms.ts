import type { PlanContent } from '@portitor/contracts'
import { BookInvalid, compilePlan } from '@portitor/pricing'
import type { Refusal } from './effective-time.ts'
import type { Terms } from './subscription-record.ts'

/** What rating says of a plan in the version that is subscribed to. */
interface OfferedPlan {
  readonly plan: string
  readonly kind: 'plan' | 'add_on'
  /** Published, whether in force or still to come; undefined where there is no such version. */
  readonly content: PlanContent | undefined
}

/** Undefined: rating knows no plan of this id. */
export type Offer = OfferedPlan | undefined

/**
 * Whether terms can be billed: plan and add-ons exist, are published and of their kind, have one currency, and with the
 * overrides in place of what they name make a plan that compiles, as rating will compile it. Undefined: they can.
 */
export function checkTerms(
  { plan, add_ons, overrides }: Pick<Terms, 'plan' | 'add_ons' | 'overrides'>,
  offers: { readonly plan: Offer; readonly addOns: readonly Offer[] },
): Refusal | undefined {
  const main = offered(offers.plan, { id: plan, kind: 'plan', field: 'plan' })
  if ('refusal' in main) return main.refusal
  const contents = [main.content]
  for (const [index, { plan: id }] of add_ons.entries()) {
    const addOn = offered(offers.addOns[index], { id, kind: 'add_on', field: `add_ons[${index}].plan` })
    if ('refusal' in addOn) return addOn.refusal
    if (addOn.content.currency !== main.content.currency)
      return invalid(
        `add_ons[${index}].plan`,
        `${id} is in ${addOn.content.currency}, ${plan} in ${main.content.currency}`,
      )
    contents.push(addOn.content)
  }
  const charges = replaced(
    contents.flatMap((content) => content.charges),
    overrides.charges ?? [],
  )
  if (charges.unnamed !== undefined) return unnamed('charges', charges.unnamed)
  const fees = replaced(
    contents.flatMap((content) => content.fees),
    overrides.fees ?? [],
  )
  if (fees.unnamed !== undefined) return unnamed('fees', fees.unnamed)
  if (fees.items.some(({ price }) => price.model === 'capacity'))
    return invalid('overrides.fees', 'a fee that follows from peaks cannot be billed: they are not kept for plans')
  try {
    const credits = contents.flatMap((content) => content.credits ?? [])
    compilePlan({ ...main.content, charges: charges.items, fees: fees.items, credits })
    return undefined
  } catch (error) {
    if (!(error instanceof BookInvalid)) throw error
    return invalid('overrides', `together with the plan, ${error.message}`)
  }
}

function offered(
  offer: Offer,
  { id, kind, field }: { id: string; kind: OfferedPlan['kind']; field: string },
): { readonly content: PlanContent } | { readonly refusal: Refusal } {
  if (offer === undefined)
    return { refusal: { status: 422, code: 'subscription.plan_unknown', detail: `There is no plan ${id}.`, field } }
  if (offer.kind !== kind)
    return {
      refusal: invalid(field, `${id} is ${offer.kind === 'plan' ? 'a plan and no add-on' : 'an add-on and no plan'}`),
    }
  if (offer.content === undefined)
    return {
      refusal: {
        status: 422,
        code: 'subscription.version_unknown',
        detail: `Of ${id} this version is not published: GET /api/v1/pricing/plans/${id} names those that are.`,
        field,
      },
    }
  return { content: offer.content }
}

function replaced<Item extends { readonly id: string }>(items: readonly Item[], by: readonly Item[]) {
  const unnamed = by.find(({ id }) => !items.some((item) => item.id === id))?.id
  return { unnamed, items: items.map((item) => by.find(({ id }) => id === item.id) ?? item) }
}

function unnamed(what: 'charges' | 'fees', id: string): Refusal {
  return invalid(`overrides.${what}`, `neither the plan nor an add-on has ${id}, so there is nothing to override`)
}

function invalid(field: string, detail: string): Refusal {
  return { status: 422, code: 'subscription.terms_invalid', detail: `${field}: ${detail}`, field }
}
