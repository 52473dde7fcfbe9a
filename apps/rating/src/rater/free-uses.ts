import { type ChargeUse, compileModel, type EventUse, useKey } from '@portitor/pricing'

/** What an event falls under on one side, in one currency. */
export interface Uses {
  readonly uses: readonly ChargeUse[]
  readonly byEvent: readonly EventUse[]
  readonly currency: string
}

const free = compileModel({ model: 'per_unit', rate: '0', per: '1' })

/** The same uses during a trial: counted at rate 0, in segments of their own. Free is a price that says so. */
export function freeUses({ uses, byEvent, currency }: Uses): Uses {
  const counted = byEvent.map(({ pricing: _, quantity, ...use }): ChargeUse => {
    return { ...use, cells: [{ cell: 'events', model: free, quantity }] }
  })
  const onTrial = [...uses, ...counted].map((use) => ({
    ...use,
    key: useKey('price', use, `trial~${use.group}`),
    group: `trial~${use.group}`,
    cells: use.cells.map((cell) => ({ ...cell, model: free })),
  }))
  return { uses: onTrial, byEvent: [], currency }
}
