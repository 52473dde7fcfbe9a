import { formatQuantity, formatRate, multiply, oneUnit, parseRate, rational } from '@portitor/money'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { GraduatedPrice, MatrixPrice, Tier } from './charge.ts'
import { compileModel, evaluate } from './evaluate.ts'
import { estimate } from './estimate.ts'
import { priceBook, usage } from './example-book.fixture.ts'
import { tierSlices } from './tier-slices.ts'

/**
 * Public conformance vectors (`pricing_vectors.md` beside them says what they mean), run where the file is present. Each
 * runner answers the actual result in the shape of `expected`, or a word for what the case needs and these models are not.
 */
const file = fileURLToPath(new URL('../../../../shared/data/pricing_vectors.json', import.meta.url))

interface Case {
  readonly id: string
  readonly category: string
  readonly name: string
  // Each category has a shape of its own; the runner below that reads a case states it.
  readonly input: any
  readonly expected: any
}
type Actual = { readonly actual: unknown; readonly expected: unknown } | { readonly needs: string }

/** Vectors have quantities below zero and more digits than usage may have. */
function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const quantity = BigInt(whole + fraction.padEnd(9, '0'))
  return text.startsWith('-') ? -quantity : quantity
}
const nanos = (text: string): bigint => units(text)
const notZero = (text: string | null | undefined): boolean => text != null && Number(text) !== 0

function tiersOf(
  tiers: { up_to?: string | null; to?: string | null; unit_amount?: string | null; flat_amount?: string | null }[],
): Tier[] {
  return tiers.map(({ up_to, to, unit_amount, flat_amount }) => ({
    up_to: up_to ?? to ?? null,
    rate: unit_amount ?? '0',
    flat_amount: flat_amount ?? undefined,
  }))
}
const graduated = (tiers: Tier[], per = '1'): GraduatedPrice => ({ model: 'graduated', per, tiers })

/** A part of a period owes what it adds to F; money spent before is what F says it was. */
function line(
  { input, expected }: Case,
  price: GraduatedPrice | { model: 'per_unit'; rate: string; per: string },
): Actual {
  const beyond = ['min_spend', 'max_spend', 'unit_config', 'discounts', 'usage_discount', 'discount'].find(
    (option) => input.price[option] != null || input[option] != null,
  )
  if (beyond !== undefined) return { needs: beyond }
  const before = units(input.usage.pre_line)
  const after = before + units(input.usage.line)
  if (after === 0n && 'tiers' in price && notZero(price.tiers[0]?.flat_amount)) return { needs: 'a fee of the period' }
  const model = compileModel(price)
  return { actual: evaluate(model, after) - evaluate(model, before), expected: nanos(expected.total) }
}

function ranges({ input, expected }: Case, per: string): Actual {
  const quantity = units(input.quantity)
  if (quantity === 0n && notZero(input.ranges[0].flat_amount)) return { needs: 'a fee of the period' }
  const whole = (input.ranges as { to: string | null }[]).every(({ to }) => to === null || !to.includes('.'))
  if (whole && quantity % oneUnit !== 0n) return { needs: 'inclusive integer ranges (an accepted difference)' }
  const percent = (range: { rate_percent?: string; unit_amount?: string }) => ({
    ...range,
    unit_amount: range.unit_amount ?? range.rate_percent ?? null,
  })
  const model = compileModel(graduated(tiersOf(input.ranges.map(percent)), per))
  return { actual: evaluate(model, quantity), expected: nanos(expected.amount) }
}

const kinds: Record<string, { kind: string; total: string }> = {
  input: { kind: 'input_tokens', total: 'input_tokens' },
  output: { kind: 'output_tokens', total: 'output_tokens' },
  cache_read: { kind: 'cached_input_tokens', total: 'input_tokens' },
  cache_write: { kind: 'cache_write_input_tokens', total: 'input_tokens' },
  audio_input: { kind: 'audio_input_tokens', total: 'input_tokens' },
  audio_output: { kind: 'audio_output_tokens', total: 'output_tokens' },
  reasoning: { kind: 'reasoning_tokens', total: 'output_tokens' },
}

/** These vectors count pools apart, as some providers do: at the edge they become totals that include their parts (M-12). */
function tokenCost({ input, expected }: Case): Actual {
  const percent = parseRate(input.markup_percent ?? '0')
  const markup = rational(100n * percent.denominator + percent.numerator, 100n * percent.denominator)
  const { long_context = [], ...base } = input.rates_per_million
  const ratesOf = (pools: Record<string, string | number>) =>
    Object.fromEntries(
      Object.entries(pools)
        .filter(([pool, rate]) => pool in kinds && rate !== null)
        .map(([pool, rate]) => [kinds[pool]!.kind, formatRate(multiply(parseRate(String(rate)), markup))]),
    )
  const higher = long_context.map((band: any) => ({ input_over: Number(band.over_input_tokens), rates: ratesOf(band) }))
  const bands = [
    { input_over: 0, rates: ratesOf(base) },
    ...higher.sort((a: any, b: any) => a.input_over - b.input_over),
  ]
  const rows = [{ provider: 'p', model: 'm', match: { equals: 'm' }, bands }]
  const price: MatrixPrice = { model: 'matrix', providers: [], rows, aliases: [] }

  const counts: Record<string, number> = {}
  for (const [pool, count] of Object.entries(input.tokens)) {
    const { kind, total } = kinds[pool]!
    counts[total] = (counts[total] ?? 0) + Number(count)
    if (kind !== total) counts[kind] = Number(count)
  }
  const book = priceBook({ id: 'tokens', meters: ['input_tokens', 'output_tokens'], price })
  const estimated = estimate({ price: book }, usage(counts, 'm', 'p'))
  return { actual: 'price' in estimated ? estimated.price : estimated.refused.code, expected: nanos(expected.amount) }
}

const runners: Record<string, (one: Case) => Actual> = {
  'rate.unit': (one) => line(one, { model: 'per_unit', rate: one.input.price.unit_amount, per: '1' }),
  'rate.standard': ({ input, expected }) => ({
    actual: evaluate(compileModel({ model: 'per_unit', rate: input.unit_amount, per: '1' }), units(input.quantity)),
    expected: nanos(expected.amount),
  }),
  'rate.grouped': ({ input, expected }) => {
    const model = compileModel({ model: 'per_unit', rate: input.unit_amount, per: '1' })
    return {
      actual: input.groups.map((group: any) => evaluate(model, units(group.quantity))),
      expected: expected.groups.map((group: any) => nanos(group.amount)),
    }
  },
  'rate.tiered_graduated': (one) => line(one, graduated(tiersOf(one.input.price.tiers))),
  'rate.graduated_total': ({ input, expected }) =>
    units(input.quantity) === 0n && notZero(input.price.tiers[0].flat_amount)
      ? { needs: 'a fee of the period' }
      : {
          actual: evaluate(compileModel(graduated(tiersOf(input.price.tiers))), units(input.quantity)),
          expected: nanos(expected.total),
        },
  'rate.graduated_split': ({ input, expected }) => {
    const model = compileModel(graduated(tiersOf(input.price.tiers)))
    const slices = tierSlices(model, units(input.from_qty_exclusive), units(input.to_qty_inclusive))
    const segments = slices.map(({ tier, from, to, enters }) => ({
      tier,
      quantity: formatQuantity(to - from),
      enters_tier: enters,
    }))
    const total = evaluate(model, units(input.to_qty_inclusive))
    return {
      actual: { total, segments },
      expected: { total: nanos(expected.cumulative_total_at_to), segments: expected.segments },
    }
  },
  'rate.graduated_bands': ({ input, expected }) => {
    const quantity = units(input.quantity)
    if (quantity % (BigInt(input.billing_units) * oneUnit) !== 0n)
      return { needs: 'packages (rounding up to whole billing units)' }
    if (quantity < 0n && input.allow_negative !== true) return { needs: 'a floor at zero' }
    const plain = tiersOf(input.tiers).map((tier) => ({ ...tier, flat_amount: undefined }))
    return {
      actual: evaluate(compileModel(graduated(plain, input.billing_units)), quantity),
      expected: nanos(expected.amount),
    }
  },
  'rate.graduated_ranges': (one) => ranges(one, '1'),
  'rate.graduated_percentage': (one) => ranges(one, '100'),
  'rate.token_cost': tokenCost,
}

if (!existsSync(file))
  // oxlint-disable-next-line jest/no-disabled-tests -- said by name, since the vectors are not part of the repository
  it.skip('R-3 conformance vectors [not run: ../shared/data/pricing_vectors.json is absent]', () => {})
else {
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }
  for (const [category, runner] of Object.entries(runners)) {
    const results = cases.filter((one) => one.category === category).map((one) => ({ one, result: runner(one) }))
    const needs = [...new Set(results.flatMap(({ result }) => ('needs' in result ? [result.needs] : [])))]
    const run = results.filter(({ result }) => 'actual' in result)
    if (run.length === 0) continue
    describe(`R-3 conformance ${category}: ${run.length} of ${results.length}${needs.length > 0 ? `; others need ${needs.join(', ')}` : ''}`, () => {
      it.each(run.map(({ one, result }) => [one.id, one.name, result] as const))('%s %s', (_id, _name, result) => {
        if ('actual' in result) expect(result.actual).toEqual(result.expected)
      })
    })
  }
}
