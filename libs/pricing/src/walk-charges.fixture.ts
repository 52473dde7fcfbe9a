import { oneUnit, quantityOfInteger } from '@portitor/money'
import type { Charge, MatrixPrice } from './charge.ts'
import { compileModel, type EvaluableModel } from './evaluate.ts'
import { compileMatch } from './match-clause.ts'
import { partsOf } from './token-kinds.ts'
import type { Cell, ChargeUse, EventUse, Usage } from './usage.ts'

interface WalkedUse {
  readonly key: string
  readonly cells: Cell[]
}

type WalkedEvent = Pick<EventUse, 'key' | 'quantity'>

export type Walked =
  | { readonly refused: string }
  | { readonly uses: readonly Pick<ChargeUse, 'key' | 'cells'>[]; readonly byEvent: readonly WalkedEvent[] }

interface Taken {
  /** Undefined where the event is priced by itself. */
  readonly use: WalkedUse | undefined
  readonly model: EvaluableModel | undefined
  readonly cell: string
}

/**
 * What an event falls under, found the long way from what the charges say: every charge is asked about every event and
 * nothing is remembered. On the price side, version 1 of plan `p`; parts lie within their totals. Refusals by code, uses by key.
 */
export function walkCharges(charges: readonly Charge[], usage: Usage): Walked {
  const taken = new Map<string, Taken>()
  const byEvent: WalkedEvent[] = []
  let requestsIncluded = false
  const amountOf = (meter: string) => usage.quantities.get(meter) ?? (meter === 'requests' ? oneUnit : 0n)
  for (const charge of charges) {
    const { id, price, scope, filter } = charge
    if (Object.entries(filter ?? {}).some(([name, value]) => usage.attributes[name] !== value)) continue
    const open = [...usage.quantities.keys()].filter(
      (meter) => amountOf(meter) > 0n && !taken.has(meter) && charge.meters.some((named) => names(named, meter)),
    )
    if (open.length === 0) continue
    const useOf = (group: string): WalkedUse => ({ key: JSON.stringify(['price', id, 1, group, 'p']), cells: [] })
    if (price.model === 'matrix') {
      const found = bandFor(price, usage)
      if ('refused' in found) return found
      const use = useOf(found.group)
      const rateOf = (meter: string) => {
        const rate = found.rates[meter]
        return rate === undefined ? undefined : compileModel({ model: 'per_unit', rate, per: '1000000' })
      }
      const rated = ['requests', ...open.flatMap(partsOf)].filter(
        (meter) => rateOf(meter) !== undefined && amountOf(meter) > 0n && !taken.has(meter),
      )
      requestsIncluded ||= open.includes('requests') && open.length > 1
      for (const meter of new Set([...open.filter((one) => one !== 'requests' || open.length === 1), ...rated]))
        taken.set(meter, { use, model: rateOf(meter), cell: meter })
    } else if (price.model === 'outcome') {
      const quantity = open.reduce((total, meter) => total + amountOf(meter), 0n)
      byEvent.push({ key: JSON.stringify(['price', id, 1, 'events', 'p']), quantity })
      for (const meter of open) taken.set(meter, { use: undefined, model: undefined, cell: meter })
    } else if (price.model === 'per_unit') {
      const agent = scope === 'agent' ? usage.attributes['agent_id'] : undefined
      if (scope === 'agent' && !agent) return { refused: 'agent.missing' }
      const together = charge.together === true ? charge.meters.join('+') : undefined
      const shared = useOf(`${together}${agent === undefined ? '' : `~${agent}`}`)
      for (const meter of open) {
        const use = together === undefined ? useOf(`${meter}${agent === undefined ? '' : `~${agent}`}`) : shared
        taken.set(meter, { use, model: compileModel(price), cell: together ?? meter })
      }
    } else throw new Error(`${price.model} is not walked`)
  }

  const remainderOf = (meter: string) =>
    partsOf(meter)
      .filter((part) => taken.has(part))
      .reduce((left, part) => left - amountOf(part), amountOf(meter))
  for (const meter of usage.quantities.keys()) {
    const isPart = ['input_tokens', 'output_tokens'].some((total) => partsOf(total).includes(meter))
    if (amountOf(meter) === 0n || remainderOf(meter) === 0n) continue
    const taker = taken.get(meter)
    if (taker?.use !== undefined && taker.model === undefined) return { refused: 'pricing.no_rate' }
    if (taker === undefined && !isPart && !(meter === 'requests' && requestsIncluded))
      return { refused: 'pricing.no_charge' }
  }
  for (const [meter, { use, model, cell }] of taken) {
    const quantity = remainderOf(meter)
    if (use === undefined || model === undefined || quantity === 0n) continue
    const before = use.cells.findIndex((one) => one.cell === cell)
    if (before === -1) use.cells.push({ cell, model, quantity })
    else use.cells[before] = { cell, model, quantity: use.cells[before]!.quantity + quantity }
  }
  const uses = [...new Set([...taken.values()].flatMap(({ use }) => use ?? []))].filter(({ cells }) => cells.length > 0)
  return { uses, byEvent }
}

function names(named: string, meter: string): boolean {
  return named.endsWith(':*') ? meter.startsWith(named.slice(0, -1)) : named === meter
}

/** The row of a model whose name no provider but its own recognises. */
function bandFor(
  { rows, aliases }: MatrixPrice,
  { model, quantities, attributes }: Usage,
): { refused: string } | { group: string; rates: Readonly<Record<string, string>> } {
  if (!model) return { refused: 'model.missing' }
  const name = aliases.find((alias) => alias.model.toLowerCase() === model.toLowerCase())?.as.model ?? model
  const named = rows.filter(({ match }) => compileMatch(match)(name.toLowerCase()))
  if (named.length === 0) return { refused: 'model.unknown' }
  const [row] = named
    .filter(({ dimensions }) => Object.entries(dimensions ?? {}).every(([key, value]) => attributes[key] === value))
    .sort((a, b) => Object.keys(b.dimensions ?? {}).length - Object.keys(a.dimensions ?? {}).length)
  if (row === undefined) return { refused: 'pricing.no_rate' }
  const input = quantities.get('input_tokens') ?? 0n
  const bands = row.bands.filter(({ input_over }) => input_over === 0 || input > quantityOfInteger(input_over))
  const asked = Object.entries(row.dimensions ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    group: `${row.provider}/${row.model}${asked.map(([key, value]) => `;${key}=${value}`).join('')}@${bands.at(-1)!.input_over}`,
    rates: Object.assign({}, ...bands.map(({ rates }) => rates)) as Record<string, string>,
  }
}
