import { formatQuantity } from '@portitor/money'
import type { BookSide, ModelName } from './charge.ts'

/** Why an event has no price or cost: it goes to the dead letters and can be replayed, it is never free by accident (R-4). */
export interface Refusal {
  readonly code:
    | 'agent.missing'
    | 'model.missing'
    | 'model.unknown'
    | 'pricing.no_rate'
    | 'pricing.no_charge'
    | 'usage.part_exceeds_total'
  readonly field?: string
  readonly detail: string
}

/** The version of a book, as refusals name it. */
interface NamedBook {
  readonly side: BookSide
  readonly plan?: string
  readonly version: number
}

export function modelMissing(meter: string): Refusal {
  return { code: 'model.missing', field: 'data.model', detail: `${meter} is priced by model: name it in data.model` }
}

export function unknownModel(book: NamedBook, provider: string | undefined, model: string): Refusal {
  const name = provider === undefined || provider === '' ? model : `${provider}/${model}`
  const detail = `${bookName(book)} has no row, alias or fallback for ${name.slice(0, 256)}`
  return { code: 'model.unknown', field: 'data.model', detail }
}

export function agentMissing(charge: string): Refusal {
  return {
    code: 'agent.missing',
    field: 'data.agent_id',
    detail: `charge ${charge} is counted by agent: name it in data.agent_id`,
  }
}

/** The model has rows, and each asks for dimensions that the event does not have. */
export function noVariant(book: NamedBook, row: ModelName): Refusal {
  const detail = `${bookName(book)} prices ${row.provider}/${row.model} only for dimensions that the event does not have`
  return { code: 'pricing.no_rate', field: 'data.model', detail }
}

/** `priced` says where the rate is missing: the row's group and the charge. */
export function noRate(book: NamedBook, kind: string, priced: { group: string; charge: string }): Refusal {
  const detail = `${bookName(book)} has no rate of ${kind} for ${priced.group} in charge ${priced.charge}`
  return { code: 'pricing.no_rate', field: `data.${kind}`, detail }
}

export function noCharge(book: NamedBook, meter: string, quantity: bigint): Refusal {
  const detail = `no charge of ${bookName(book)} prices ${formatQuantity(quantity)} of ${meter}: add one, at rate 0 if it is free`
  return { code: 'pricing.no_charge', detail }
}

export function partTooLarge(part: string, total: string): Refusal {
  const detail = `${part} cannot exceed ${total}, which includes it (M-12)`
  return { code: 'usage.part_exceeds_total', field: `data.${total}`, detail }
}

export function bookName(book: NamedBook): string {
  return `${book.plan === undefined ? `${book.side} book` : `plan ${book.plan}`} version ${book.version}`
}
