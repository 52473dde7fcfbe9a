import type { OfferedPlanSummary, OfferedPlanVersion, PlanVersionDetail, PlanVersionSummary } from '@portitor/contracts'

/** A published version as its customers see it: not who wrote and reviewed it. */
export function offeredSummary(version: PlanVersionSummary): OfferedPlanSummary {
  const { plan, version: number, kind, name, status, published_at, effective_from, effective_to } = version
  return { plan, version: number, kind, name, status, published_at, effective_from, effective_to }
}

/** The same with its content, and without the margins of a cost-plus price: with the price they would tell what a call costs us (L-8). */
export function offeredVersion({ content, ...version }: PlanVersionDetail): OfferedPlanVersion {
  const charges = content.charges.map((charge) => {
    if (charge.price.model !== 'cost_plus') return charge
    const { margin_percent: _, margins: __, ...price } = charge.price
    return { ...charge, price }
  })
  return { ...offeredSummary(version), content: { ...content, charges } }
}
