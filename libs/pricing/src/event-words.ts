import { currencySymbol } from '@portitor/money'
import type { EventPrice } from './charge.ts'

/** How a price by event is said: its main rate, and in words. */
export interface EventWords {
  readonly rate: string
  readonly words: string
}

/** Words that a customer may read: a margin on our cost is not among them (L-8). */
export function eventInWords(price: EventPrice, currency: string): EventWords {
  const symbol = currencySymbol(currency)
  switch (price.model) {
    case 'outcome': {
      const share = price.share_percent === undefined ? [] : [`${price.share_percent} % of its value`]
      const each = price.amount === undefined ? [] : [`${symbol}${price.amount} each that qualifies`]
      return { rate: price.amount ?? price.share_percent!, words: [...each, ...share].join(' plus ') }
    }
    case 'percentage': {
      const fixed = price.fixed === undefined ? '' : ` plus ${symbol}${price.fixed}`
      const free = [
        ...(price.free_events === undefined ? [] : [`the first ${price.free_events} events`]),
        ...(price.free_value === undefined ? [] : [`the first ${symbol}${price.free_value}`]),
      ]
      const after = free.length === 0 ? '' : `, ${free.join(' and ')} of the period free`
      return { rate: price.percent, words: `${price.percent} % of its value${fixed}${after}` }
    }
    case 'dynamic':
      return { rate: price.multiplier, words: `the price that it carries × ${price.multiplier}` }
    case 'cost_plus':
      return { rate: '0', words: 'a price of its own' }
    case 'prorated_graduated':
      return { rate: price.tiers[0]?.rate ?? '0', words: 'tiers, each step for the share of the period that it lasts' }
  }
}
