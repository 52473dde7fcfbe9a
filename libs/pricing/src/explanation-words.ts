import { currencySymbol, formatQuantity, groupThousands } from '@portitor/money'
import type { ComposedPrice } from './charge.ts'
import type { Composed } from './composed.ts'
import type { EvaluableModel } from './evaluate.ts'
import { applyQuantityRule } from './quantity-rule.ts'
import type { TierSlice } from './tier-slices.ts'
import type { CompiledTier } from './tiers.ts'
import type { TotalFunction } from './total-function.ts'
import { volumeTierIndex } from './volume.ts'

/** The rate that a slice of a step falls under, and how to say it. `tier` counts from 1, null where there are none. */
export interface PriceWords {
  readonly tier: number | null
  readonly rate: string
  readonly per: string
  readonly words: string
}

export function priceInWords(model: EvaluableModel, slice: TierSlice, currency: string): PriceWords {
  if (model.model === 'composed') return composedInWords(model, slice, currency)
  const symbol = currencySymbol(currency)
  switch (model.model) {
    case 'per_unit':
      return { tier: null, rate: model.rate, per: model.per, words: rateText(model.rate, model.per, symbol) }
    case 'package': {
      const { amount, size } = model.price
      return {
        tier: null,
        rate: amount,
        per: size,
        words: `${rateText(amount, size, symbol)}, each started one in full`,
      }
    }
    case 'graduated': {
      const tier = model.tiers[slice.tier - 1]!
      const flat =
        slice.enters && tier.flatAmount !== undefined ? ` plus ${symbol}${tier.flatAmount} on entering it` : ''
      return tierInWords(tier, slice.tier, model.per, symbol, flat)
    }
    case 'volume': {
      const index = volumeTierIndex(model, slice.to < 0n ? -slice.to : slice.to)
      const tier = model.tiers[index]!
      const flat = tier.flatAmount === undefined ? '' : ` plus ${symbol}${tier.flatAmount}`
      return tierInWords(tier, index + 1, model.price.per, symbol, `${flat} for the whole total`)
    }
  }
}

/** ` of openai/gpt-4o (input over 200,000 tokens)`, or nothing where the group is the meter itself. */
export function groupText(group: string, cell: string): string {
  const at = group.lastIndexOf('@')
  if (group === cell || at === -1) return ''
  const over = group.slice(at + 1)
  return ` of ${group.slice(0, at)}${over === '0' ? '' : ` (input over ${groupThousands(over)} tokens)`}`
}

export function quantityText(quantity: bigint): string {
  const text = groupThousands(formatQuantity(quantity < 0n ? -quantity : quantity))
  return quantity < 0n ? `−${text}` : text
}

function composedInWords(model: Composed, slice: TierSlice, currency: string): PriceWords {
  const scaled = (quantity: bigint): bigint => applyQuantityRule(model.quantity, quantity < 0n ? -quantity : quantity)
  const to = scaled(slice.to)
  const inner: TotalFunction = model.inner
  const tier =
    inner.model === 'graduated' ? inner.tiers.findIndex((one) => one.upTo === undefined || to <= one.upTo) : 0
  const { words, ...price } = priceInWords(inner, { ...slice, tier: tier + 1, from: scaled(slice.from), to }, currency)
  const rules = rulesInWords(model.price, currencySymbol(currency))
  return { ...price, words: rules === '' ? words : `${words} (${rules})` }
}

function rulesInWords({ quantity, amount, credit_rate }: ComposedPrice, symbol: string): string {
  const said = [
    quantity?.convert &&
      `quantity ${quantity.convert.by === 'divide' ? '÷' : '×'} ${groupThousands(quantity.convert.factor)}`,
    quantity?.round && `rounded ${quantity.round.mode} to ${groupThousands(quantity.round.to)}`,
    quantity?.free && `${groupThousands(quantity.free.units)} free`,
    amount?.discount_percent && `less ${amount.discount_percent} %`,
    amount?.max && `at most ${symbol}${groupThousands(amount.max)}`,
    credit_rate && `in credits of ${symbol}${credit_rate}`,
  ]
  return said.filter((one) => one !== undefined).join(', ')
}

function tierInWords(tier: CompiledTier, number: number, per: string, symbol: string, more: string): PriceWords {
  const counted = tier.packageText ?? per
  const words = `${rateText(tier.rate, counted, symbol)}, tier ${number} (${rangeOf(tier)})${more}`
  return { tier: number, rate: tier.rate, per: counted, words }
}

function rateText(rate: string, per: string, symbol: string): string {
  return `${symbol}${groupThousands(rate)}${per === '1' ? ' each' : ` per ${groupThousands(per)}`}`
}

function rangeOf(tier: { from: bigint; upTo: bigint | undefined }): string {
  const above = tier.from === 0n ? '' : `above ${quantityText(tier.from)}`
  const upTo = tier.upTo === undefined ? '' : `up to ${quantityText(tier.upTo)}`
  return [above, upTo].filter((part) => part !== '').join(' ') || 'all'
}
