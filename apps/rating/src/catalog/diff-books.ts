import type { BookChange, BookContent, Charge } from '@portitor/contracts'
import { diffStatements, type Statement as ComparableStatement } from './diff-statements.ts'

type Statement = ComparableStatement<Pick<BookChange, 'charge' | 'provider' | 'model' | 'kind' | 'input_over'>>

/**
 * R-4: what changes from one version to another, rate by rate. A new row is as many added rates as it has, so a reviewer
 * sees every number that will be charged. Only what both versions order differently (rows, aliases, tiers) is told by
 * place. Sorted as the later version reads, with what was removed at the end.
 */
export function diffBooks(from: BookContent, to: BookContent): BookChange[] {
  return diffStatements(statementsOf(from), statementsOf(to), keyOf)
}

function keyOf({ what, place }: Statement): string {
  return JSON.stringify([what, place.provider, place.model, place.kind, place.input_over])
}

function statementsOf(content: BookContent): Statement[] {
  const { charges, credits, ...head } = content
  const fields = Object.entries({ ...head, ...(credits === undefined ? {} : { credits }) }).map(
    ([what, value]): Statement => ({
      what,
      place: {},
      says: value === null ? 'open' : typeof value === 'string' ? value : JSON.stringify(value),
    }),
  )
  return [...fields, ...charges.flatMap(chargeStatements)]
}

function chargeStatements(charge: Charge): Statement[] {
  const { id, meters, filter, price, ...rules } = charge
  const say = (what: string, says: string | undefined): Statement[] =>
    says === undefined ? [] : [{ what: `${id}: ${what}`, place: { charge: id }, says }]
  const common = [
    ...say('meters', meters.join(', ')),
    ...say('filter', filter === undefined ? undefined : JSON.stringify(filter)),
    ...say('model', price.model),
    ...Object.entries(rules).flatMap(([name, rule]) => say(name, JSON.stringify(rule))),
  ]
  switch (price.model) {
    case 'per_unit':
      return [...common, ...say('rate', `${price.rate} per ${price.per}`)]
    case 'graduated':
      return [
        ...common,
        ...say('first flat', price.first_flat),
        ...price.tiers.flatMap(({ up_to, rate, flat_amount, package_size }, index) => {
          const entry = flat_amount === undefined ? '' : `${flat_amount} and `
          return say(
            `tier ${index + 1}`,
            `${entry}${rate} per ${package_size ?? price.per} up to ${up_to ?? 'any quantity'}`,
          )
        }),
      ]
    case 'matrix':
      return [...common, ...matrixStatements(id, price, say)]
    default:
      return [...common, ...say('price', JSON.stringify(price))]
  }
}

function matrixStatements(
  charge: string,
  matrix: Extract<Charge['price'], { model: 'matrix' }>,
  say: (what: string, says: string | undefined) => Statement[],
): Statement[] {
  const providers = matrix.providers.map(({ id, ...recognised }): Statement => {
    return { what: `${charge}: provider ${id}`, place: { charge, provider: id }, says: JSON.stringify(recognised) }
  })
  const rows = matrix.rows.flatMap(({ provider, model, match, bands, dimensions }): Statement[] => {
    const place = { charge, provider, model }
    const name = `${charge}: ${provider} / ${model}${dimensions === undefined ? '' : ` ${JSON.stringify(dimensions)}`}`
    const rates = bands.flatMap(({ input_over, rates }) =>
      Object.entries(rates).map(([kind, rate]): Statement => {
        const band = input_over === 0 ? '' : ` over ${input_over}`
        return { what: `${name}: ${kind}${band}`, place: { ...place, kind, input_over }, says: rate }
      }),
    )
    return [{ what: `${name}: match`, place, says: JSON.stringify(match) }, ...rates]
  })
  const aliases = matrix.aliases.flatMap(({ provider, model, as }) =>
    say(`alias ${provider === undefined ? '' : `${provider} / `}${model}`, `${as.provider} / ${as.model}`),
  )
  const fallback = matrix.fallback && `${matrix.fallback.provider} / ${matrix.fallback.model}`
  return [...providers, ...rows, ...aliases, ...say('fallback', fallback)]
}
