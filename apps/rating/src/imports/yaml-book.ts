import { createHash } from 'node:crypto'
import type { BookContent, Charge, YamlBook, YamlTier } from '@portitor/contracts'
import { formatQuantity, formatRate, parseQuantity, parseRate } from '@portitor/money'
import { partsOf } from '@portitor/pricing'
import type { BookProblem } from '../catalog/check-charges.ts'

export interface YamlDraft {
  readonly content: BookContent
  readonly ignored: readonly { readonly field: string; readonly value: string; readonly reason: string }[]
}

const sides = [
  ['input_tiers', 'input_tokens', 'input'],
  ['output_tiers', 'output_tokens', 'output'],
] as const
const chargesMax = 256
const problemsMax = 20
const tokenMeters = new Set(sides.flatMap(([, meter]) => [meter, ...partsOf(meter)]))

/**
 * the common YAML as the content of a draft. Its models stand first, so they take their tokens before anything else.
 * Behind them stand the charges of `published`, without those that price nothing but tokens of these very models. So a
 * model that the YAML does not name is priced, or refused, as it was.
 */
export function yamlBook(
  yaml: YamlBook,
  published: BookContent,
  now: string,
): YamlDraft | { readonly problems: readonly BookProblem[] } {
  const models = Object.entries(yaml.models)
  const kept = published.charges.filter((charge) => !isOfModels(charge, yaml.models))
  const own = models.flatMap(([name, model]) =>
    sides.flatMap(([list, meter, side]): Charge[] => {
      const tiers = model[list]
      return tiers === undefined
        ? []
        : [{ id: `${accountName(name)}_${side}`, meters: [meter], filter: { model: name }, price: priceOf(tiers) }]
    }),
  )
  const problems = [
    ...models.flatMap(([name, model]) => [
      ...sides.flatMap(([list]) => faultsOf(model[list] ?? [], `models.${name}.${list}`)),
      ...(sides.every(([list]) => model[list] === undefined)
        ? [{ field: `models.${name}`, expected: 'input_tiers, output_tiers or both' }]
        : []),
    ]),
    ...(models.length === 0 ? [{ field: 'models', expected: 'at least one model' }] : []),
    ...(own.length + kept.length > chargesMax
      ? [
          {
            field: 'models',
            expected: `at most ${chargesMax - kept.length} lists of tiers: a book has ${chargesMax} charges`,
          },
        ]
      : []),
    ...sameAccounts(own, kept),
  ]
  if (problems.length > 0) return { problems: problems.slice(0, problemsMax) }
  const source = yaml.version === undefined ? 'YAML' : `YAML version ${yaml.version}`
  const head = { effective_from: now, effective_to: null, source, source_date: now }
  return { content: { ...published, ...head, charges: [...own, ...kept] }, ignored: ignoredOf(yaml) }
}

function isOfModels({ filter, meters }: Charge, models: YamlBook['models']): boolean {
  const model = filter?.['model']
  return model !== undefined && Object.hasOwn(models, model) && meters.every((meter) => tokenMeters.has(meter))
}

/** One rate for every unit is said as such: it takes effect at once, where tiers wait for the next period. */
function priceOf(tiers: readonly YamlTier[]): Charge['price'] {
  const rates = tiers.map(({ rate_per_1k }) => formatRate(parseRate(rate_per_1k)))
  if (tiers.length === 1) return { model: 'per_unit', rate: rates[0]!, per: '1000' }
  const upTo = (limit: string | null | undefined) => (limit == null ? null : formatQuantity(parseQuantity(limit)))
  return {
    model: 'graduated',
    per: '1000',
    tiers: tiers.map(({ limit }, index) => ({ up_to: upTo(limit), rate: rates[index]! })),
  }
}

/** Tiers begin where the one before ends, so a gap can only be a limit that is missing, or one at the end. */
function faultsOf(tiers: readonly YamlTier[], at: string): BookProblem[] {
  let before = 0n
  return tiers.flatMap(({ limit }, index): BookProblem[] => {
    const field = `${at}[${index}].limit`
    const last = index === tiers.length - 1
    if (limit == null)
      return last ? [] : [{ field, expected: 'a limit: without one no later tier would ever be reached' }]
    const upTo = parseQuantity(limit)
    const expected = last
      ? 'null or absent: the last tier has no limit, what is above it would have no price'
      : upTo <= before
        ? `more than ${index === 0 ? '0' : 'the limit of the tier before'}: tiers ascend`
        : undefined
    before = upTo > before ? upTo : before
    return expected === undefined ? [] : [{ field, expected }]
  })
}

/** The id of a charge names an account and must be the same at every import, whatever else the file holds. */
function accountName(model: string): string {
  const slug = model.toLowerCase().replace(/[^a-z0-9]+/g, '_')
  const name = /^[a-z]/.test(slug) ? slug : `model_${slug.replace(/^_/, '')}`
  if (name.length <= 41) return name
  return `${name.slice(0, 32)}_${createHash('sha256').update(model).digest('hex').slice(0, 8)}`
}

function sameAccounts(own: readonly Charge[], kept: readonly Charge[]): BookProblem[] {
  const taken = new Map(kept.map(({ id }) => [id, `the charge ${id}`]))
  return own.flatMap(({ id, filter }): BookProblem[] => {
    const other = taken.get(id)
    const field = `models.${filter!['model']!}`
    taken.set(id, field)
    if (other === undefined) return []
    return [{ field, expected: `another name than ${other} has: both would be posted to the account ${id}` }]
  })
}

function ignoredOf({ quotas = {} }: YamlBook): YamlDraft['ignored'] {
  return Object.entries(quotas).flatMap(([tier, limits]) =>
    Object.entries(limits).flatMap(([name, value]) =>
      value == null
        ? []
        : [{ field: `quotas.${tier}.${name}`, value, reason: 'a book has prices only: limits come with plans' }],
    ),
  )
}
