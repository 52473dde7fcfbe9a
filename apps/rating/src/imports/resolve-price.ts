import type { ConditionalPrice, ModelInfo, ModelPrice } from '@pydantic/genai-prices'

const DAY_MS = 86_400_000

/**
 * The one price of a model that a book can hold, out of a list with conditions. As in the package itself the last entry
 * whose condition holds at the instant `at` counts, and the first entry where none does. Where the price depends on the time of
 * day, the dearest of the day is taken, because a book has one rate for the whole day: off-peak calls may owe the peak
 * price, but none costs more than it earns, and an import does not depend on the hour it runs at.
 */
export function resolvePrice(model: ModelInfo, at: Date): ModelPrice {
  if (!Array.isArray(model.prices)) return model.prices
  const list = model.prices
  const timesOfDayMs = list.flatMap(({ constraint }) =>
    constraint?.type === 'time_of_date' ? [timeOfDayMs(constraint.start_time), timeOfDayMs(constraint.end_time)] : [],
  )
  return [0, ...timesOfDayMs].map((time) => priceAt(list, at, time)).reduce(dearer)
}

function priceAt(list: readonly ConditionalPrice[], at: Date, time: number): ModelPrice {
  const found = list.findLast(({ constraint }) => {
    if (constraint === undefined) return true
    if (constraint.type === 'start_date') return at >= new Date(constraint.start_date)
    const [start, end] = [timeOfDayMs(constraint.start_time), timeOfDayMs(constraint.end_time)]
    return end < start ? time >= start || time < end : time >= start && time < end
  })
  const price = found ?? list[0]
  if (price === undefined) throw new Error('the price package has a model with an empty list of prices')
  return price.prices
}

/** By the rate of input, then by that of output: prices of one model differ by the hour all in the same direction. */
function dearer(left: ModelPrice, right: ModelPrice): ModelPrice {
  for (const key of ['input_mtok', 'output_mtok']) {
    const [a, b] = [lowestRate(left[key]), lowestRate(right[key])]
    if (a !== b) return a > b ? left : right
  }
  return left
}

function lowestRate(value: ModelPrice[string]): number {
  return typeof value === 'object' ? value.base : (value ?? 0)
}

/** `16:30:00Z` or `00:30:00+08:00` as milliseconds since midnight UTC. */
function timeOfDayMs(text: string): number {
  const time = Date.parse(`2000-01-02T${text}`)
  if (Number.isNaN(time)) throw new Error(`the price package has a time of day that is none: ${text}`)
  return time % DAY_MS
}
