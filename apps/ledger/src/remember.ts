/** Names in use are few (charges, providers, months); whoever brings more starts the memory over. */
const KNOWN_MAX = 10_000

/** Computes `make` once per arguments. Neighbouring events mostly ask the same, so the last answer is tried first. */
export function remember<Names extends string[], Value>(make: (...names: Names) => Value): (...names: Names) => Value {
  const known = new Map<string, Value>()
  let last: Names | undefined
  let lastValue: Value | undefined
  return (...names) => {
    if (last !== undefined && names.every((name, n) => name === last![n])) {
      return lastValue as Value
    }
    const key = names.join('\n')
    let value = known.get(key)
    if (value === undefined) {
      if (known.size >= KNOWN_MAX) known.clear()
      known.set(key, (value = make(...names)))
    }
    last = names
    lastValue = value
    return value
  }
}
