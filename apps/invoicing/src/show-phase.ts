import type { SubscriptionPhase, SubscriptionState } from '@portitor/contracts'

type ShownPhase = SubscriptionState['phases'][number]

/** A phase as its customer may see it: of a price by our cost, whose margin would tell the cost, only its bounds (L-8). */
export function showPhase(phase: SubscriptionPhase): ShownPhase {
  const { charges } = phase.overrides
  if (charges === undefined) return phase
  const shown = charges.map((charge) => {
    if (charge.price.model !== 'cost_plus') return charge
    const { margin_percent: _, margins: __, ...price } = charge.price
    return { ...charge, price }
  })
  return { ...phase, overrides: { ...phase.overrides, charges: shown } }
}
