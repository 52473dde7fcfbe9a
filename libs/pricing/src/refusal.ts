import { formatQuantity } from '@portitor/money'
import type { CompiledBook } from './compile-book.ts'

/** Why an event has no price or cost: it goes to the dead letters and can be replayed, it is never free by accident. */
export interface Refusal {
  readonly code:
    'model.missing' | 'model.unknown' | 'pricing.no_rate' | 'pricing.no_charge' | 'usage.part_exceeds_total'
  readonly field?: string
  readonly detail: string
}

export function modelMissing(meter: string): Refusal {
  return { code: 'model.missing', field: 'data.model', detail: `${meter} is priced by model: name it in data.model` }
}

export function unknownModel(book: CompiledBook, provider: string | undefined, model: string): Refusal {
  const name = provider === undefined || provider === '' ? model : `${provider}/${model}`
  const detail = `${bookName(book)} has no row, alias or fallback for ${name.slice(0, 256)}`
  return { code: 'model.unknown', field: 'data.model', detail }
}

/** `priced` says where the rate is missing: the row's group and the charge. */
export function noRate(book: CompiledBook, kind: string, priced: { group: string; charge: string }): Refusal {
  const detail = `${bookName(book)} has no rate of ${kind} for ${priced.group} in charge ${priced.charge}`
  return { code: 'pricing.no_rate', field: `data.${kind}`, detail }
}

export function noCharge(book: CompiledBook, meter: string, quantity: bigint): Refusal {
  const detail = `no charge of ${bookName(book)} prices ${formatQuantity(quantity)} of ${meter}: add one, at rate 0 if it is free`
  return { code: 'pricing.no_charge', detail }
}

export function partTooLarge(part: string, total: string): Refusal {
  const detail = `${part} cannot exceed ${total}, which includes it (M-12)`
  return { code: 'usage.part_exceeds_total', field: `data.${total}`, detail }
}

function bookName(book: CompiledBook): string {
  return `${book.side} book version ${book.version}`
}
