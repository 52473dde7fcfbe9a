import { isIPv6 } from 'node:net'

/** Addresses remembered; beyond that the one that failed longest ago is forgotten. */
const addressesMax = 10_000
/** After this time half of the failures of an address are forgotten. */
const halfLifeMs = 30_000
/** A person mistypes a key a few times, and should not be punished for it. */
const freeFailures = 3
const firstDelayMs = 100
const delayMsMax = 2_000
/** More than this makes nothing slower and would only keep an address slow for longer. */
const failuresMax = 16

interface Failures {
  readonly count: number
  readonly atMs: number
}

/**
 * How much guessing at credentials from an address is slowed (I-3): refusals are held back, longer each time. A credential
 * that is good never comes here, so it is never delayed, whoever else guesses from the same address.
 */
export class Guessing {
  /** In the order of the last failure, oldest first. */
  readonly #failures = new Map<string, Failures>()

  /** Counts a failure and answers how long its refusal is held back, in milliseconds. */
  failed(address: string, nowMs: number): number {
    const source = sourceOf(address)
    const before = this.#failures.get(source)
    const count = Math.min(failuresMax, remaining(before, nowMs) + 1)
    this.#failures.delete(source)
    this.#failures.set(source, { count, atMs: nowMs })
    if (this.#failures.size > addressesMax) this.#failures.delete(this.#failures.keys().next().value!)
    if (count <= freeFailures) return 0
    return Math.round(Math.min(delayMsMax, firstDelayMs * 2 ** (count - freeFailures - 1)))
  }

  get size(): number {
    return this.#failures.size
  }
}

function remaining(failures: Failures | undefined, nowMs: number): number {
  if (failures === undefined) return 0
  return failures.count * 0.5 ** (Math.max(0, nowMs - failures.atMs) / halfLifeMs)
}

/** Whoever has one IPv6 address has the 2⁶⁴ of its network, so these count as one. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [before = '', after] = address.toLowerCase().split('%', 1)[0]!.split('::')
  const groups = before.split(':').filter((group) => group !== '')
  const end = (after ?? '').split(':').filter((group) => group !== '')
  const zeros = after === undefined ? 0 : Math.max(0, 8 - groups.length - end.length)
  const network = [...groups, ...Array<string>(zeros).fill('0'), ...end].slice(0, 4)
  return `${network.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`
}
