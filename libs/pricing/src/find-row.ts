import { nameLengthMax } from './match-clause.ts'
import {
  rowOf,
  type CompiledBand,
  type CompiledMatrix,
  type CompiledProvider,
  type CompiledRow,
  type CompiledVariant,
} from './matrix.ts'
import type { Usage } from './usage.ts'

/**
 * The row that prices a model: an alias first, then the provider by its id or clause (or, where the event names
 * none, each provider that recognises the model's name) and in it the row; then the fallback; else undefined. A provider that
 * is named but unknown is never guessed from the model: the same model has another price elsewhere.
 */
export function findRow(matrix: CompiledMatrix, provider: string | undefined, model: string): CompiledRow | undefined {
  if (model.length > nameLengthMax || (provider?.length ?? 0) > nameLengthMax) return undefined
  // The length keeps (`a`, `bc`) and (`ab`, `c`) apart: customers choose both texts.
  const key = `${provider?.length ?? 0}:${provider ?? ''}${model}`
  let found = matrix.memo.get(key)
  if (found === undefined) {
    found = look(matrix, provider?.toLowerCase() || undefined, model.toLowerCase()) ?? matrix.fallback ?? null
    matrix.memo.set(key, found)
  }
  return found ?? undefined
}

/** The variant that asks for most dimensions and finds them all in the event. Undefined where none holds: never another one's rate. */
export function variantOf(row: CompiledRow, { attributes }: Usage): CompiledVariant | undefined {
  return row.variants.find(({ dimensions }) =>
    dimensions.every(([attribute, value]) => attributes[attribute] === value),
  )
}

/** The band of a request: the highest whose `inputOver` its total input exceeds, for all of its tokens. */
export function bandOf({ bands }: CompiledVariant, inputTokens: bigint): CompiledBand {
  return bands.find((band) => inputTokens > band.inputOver) ?? bands.at(-1)!
}

function look(matrix: CompiledMatrix, provider: string | undefined, model: string): CompiledRow | undefined {
  const known = provider === undefined ? undefined : findProvider(matrix, provider)
  const alias = matrix.aliases
    .get(model)
    ?.find((one) => one.provider === undefined || one.provider === provider || one.provider === known?.id)
  if (alias !== undefined) return alias.row
  if (provider !== undefined) return rowOf(known, model)
  for (const candidate of matrix.providers) {
    const row = candidate.matchesModel?.(model) === true ? rowOf(candidate, model) : undefined
    if (row !== undefined) return row
  }
  return undefined
}

function findProvider(matrix: CompiledMatrix, name: string): CompiledProvider | undefined {
  return (
    matrix.providers.find((provider) => provider.id === name) ??
    matrix.providers.find((provider) => provider.matches?.(name) === true)
  )
}
