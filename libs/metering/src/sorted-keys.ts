import { quote } from './json-text.ts'

export interface SortedKey {
  readonly key: string
  /** The key as it is written in JSON, colon included. */
  readonly prefix: string
}

interface Order {
  readonly keys: readonly string[]
  readonly sorted: readonly SortedKey[]
}

/** Clients send the same members in the same order again and again, so the last orders seen are kept; comparing is cheaper than sorting. */
const ordersMax = 256
const keysKeptMax = 48
const keyCharactersKeptMax = 64
const orders: (Order | undefined)[] = Array.from({ length: ordersMax })

/** The keys of an object in code unit order, as RFC 8785 asks. */
export function sortedKeys(value: object): readonly SortedKey[] {
  const keys = Object.keys(value)
  if (keys.length === 0) return []
  const place = (keys.length * 31 + keys[0]!.length * 7 + keys.at(-1)!.length) % ordersMax
  const known = orders[place]
  if (known !== undefined && sameKeys(known.keys, keys)) return known.sorted
  const sorted = keys.toSorted().map((key) => ({ key, prefix: `${quote(key)}:` }))
  if (keys.length <= keysKeptMax && keys.every((key) => key.length <= keyCharactersKeptMax))
    orders[place] = { keys, sorted }
  return sorted
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false
  return true
}
