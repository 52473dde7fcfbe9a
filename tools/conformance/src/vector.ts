import { rational, type Rational } from '@portitor/money'

/** One case of a vectors file. Each category has a shape of its own: its mapping reads it strictly. */
export interface Vector {
  readonly id: string
  readonly category: string
  readonly name?: string
  readonly input: unknown
  readonly expected: unknown
}

/** What our models say to a case. */
export type Answer =
  { readonly actual: unknown; readonly exception?: Exception | undefined } | { readonly unsupported: string }

/**
 * A deliberate difference, as a rule over the input. `dialect` is what the other system's rule gives: a case is excepted only
 * if its expectation is exactly that, so that an exception never hides another difference.
 */
export interface Exception {
  readonly reason: string
  readonly dialect: unknown
}

/** Maps the input of a category onto our models. Throws `VectorUnclear`, or what our models throw to refuse it. */
export type Mapping = (input: Fields) => Answer

/** A case says something that its mapping does not know: it is failed, never guessed. */
export class VectorUnclear extends Error {
  override readonly name = 'VectorUnclear'
}

/** A JSON object that is read field by field; `done` refuses what was not read. */
export class Fields {
  readonly #object: Readonly<Record<string, unknown>>
  readonly #path: string
  readonly #read = new Set<string>()

  constructor(value: unknown, path = 'input') {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new VectorUnclear(`${path}: an object is expected`)
    this.#object = value as Record<string, unknown>
    this.#path = path
  }

  /** Decimal text, or what stands for an absent one. Numbers are read as the decimal text they show. */
  text(name: string, absent?: string): string {
    const value = this.#take(name) ?? absent
    if (typeof value === 'number') return String(value)
    if (typeof value !== 'string') throw new VectorUnclear(`${this.#path}.${name}: decimal text is expected`)
    return value
  }

  optional(name: string): string | undefined {
    return this.#object[name] == null ? this.#absent(name) : this.text(name)
  }

  whole(name: string): number {
    const value = Number(this.text(name))
    if (!Number.isInteger(value)) throw new VectorUnclear(`${this.#path}.${name}: a whole number is expected`)
    return value
  }

  flag(name: string, absent: boolean): boolean {
    const value = this.#take(name) ?? absent
    if (typeof value !== 'boolean') throw new VectorUnclear(`${this.#path}.${name}: true or false is expected`)
    return value
  }

  fields(name: string): Fields {
    return new Fields(this.#take(name), `${this.#path}.${name}`)
  }

  list(name: string): Fields[] {
    return this.#array(name).map((value, index) => new Fields(value, `${this.#path}.${name}.${index}`))
  }

  texts(name: string): string[] {
    return this.#array(name).map((value) => String(value))
  }

  /** All fields that were not read yet, as decimal text; null is left out. */
  others(): Map<string, string> {
    const names = Object.keys(this.#object).filter((name) => !this.#read.has(name))
    return new Map(names.flatMap((name) => (this.#object[name] === null ? [] : [[name, this.text(name)] as const])))
  }

  has(name: string): boolean {
    return this.#object[name] != null
  }

  raw(name: string): unknown {
    return this.#take(name)
  }

  done(): void {
    for (const [name, value] of Object.entries(this.#object))
      if (!this.#read.has(name) && value !== null)
        throw new VectorUnclear(`${this.#path}.${name}: no rule of this category reads it`)
  }

  #array(name: string): unknown[] {
    const value = this.#take(name) ?? []
    if (!Array.isArray(value)) throw new VectorUnclear(`${this.#path}.${name}: a list is expected`)
    return value as unknown[]
  }

  #take(name: string): unknown {
    this.#read.add(name)
    return this.#object[name]
  }

  #absent(name: string): undefined {
    this.#read.add(name)
    return undefined
  }
}

const decimal = /^(-?)(\d+)(?:\.(\d+))?$/

/** An exact fraction of decimal text, which may be negative and of any length. */
export function fractionOf(text: string): Rational {
  const found = decimal.exec(text)
  if (found === null) throw new VectorUnclear(`decimal text is expected; got ${text.slice(0, 64)}`)
  const [, sign, whole, fraction = ''] = found
  return rational(BigInt(`${sign}${whole}${fraction}`), 10n ** BigInt(fraction.length))
}

/** Decimal text in units of 10⁻⁹: quantities, and money in nano-units. */
export function billionths(text: string): bigint {
  const { numerator, denominator } = fractionOf(text)
  const scaled = numerator * 1_000_000_000n
  if (scaled % denominator !== 0n) throw new VectorUnclear(`${text} is finer than 10⁻⁹`)
  return scaled / denominator
}

/** Decimal text of an integer in 10⁻⁹, without trailing zeros. */
export function decimalOf(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`
}
