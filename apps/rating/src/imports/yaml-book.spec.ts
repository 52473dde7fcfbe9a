import { type BookContent, bookContentSchema, type Charge, yamlBookSchema } from '@portitor/contracts'
import { chargesFor, compileBook, freshCounter, rateUses } from '@portitor/pricing'
import { oneUnit } from '@portitor/money'
import fc from 'fast-check'
import { checkBook } from '../catalog/check-book.ts'
import { readYaml } from './read-yaml.ts'
import { startMeters } from '../catalog/start-meters.ts'
import { yamlBook } from './yaml-book.ts'

const now = '2026-11-21T09:00:00.000Z'
const calls: Charge = { id: 'calls', meters: ['requests'], price: { model: 'per_unit', rate: '0', per: '1' } }
const matrix: Charge = {
  id: 'tokens',
  meters: ['input_tokens', 'output_tokens'],
  price: {
    model: 'matrix',
    providers: [{ id: 'openai', model_match: { starts_with: 'gpt' } }],
    rows: ['gpt-4', 'gpt-5'].map((model) => ({
      provider: 'openai',
      model,
      match: { equals: model },
      bands: [{ input_over: 0, rates: { input_tokens: '7', output_tokens: '9' } }],
    })),
    aliases: [],
  },
}
const published: BookContent = {
  currency: 'USD',
  effective_from: '2000-01-01T00:00:00.000Z',
  effective_to: null,
  source: 'the start book',
  source_date: '2000-01-01T00:00:00.000Z',
  charges: [matrix, calls],
}

/** As the border names what the schema refuses. */
const toProblem = (issue: { path: PropertyKey[]; message: string; keys?: string[] }) => ({
  field: [...issue.path, ...(issue.keys ?? [])].join('.').replace(/\.(\d+)(?=\.|$)/g, '[$1]'),
  expected: issue.message,
})
const made = (text: string, from = published) => {
  const read = readYaml(text)
  if ('malformed' in read) throw new Error(read.malformed)
  const parsed = yamlBookSchema.safeParse(read.value)
  return parsed.success ? yamlBook(parsed.data, from, now) : { problems: parsed.error.issues.map(toProblem) }
}
const draft = (text: string, from = published) => {
  const draft = made(text, from)
  if ('problems' in draft) throw new Error(JSON.stringify(draft.problems))
  return draft
}
const example = `
version: "1.0"
models:
  gpt-4:
    input_tiers:
      - {limit: 1000000, rate_per_1k: 0.030}
      - {limit: 5000000, rate_per_1k: 0.025}
      - {limit: null, rate_per_1k: 0.02}
    output_tiers:
      - limit: 1000000
        rate_per_1k: 0.06
      - rate_per_1k: 0.05
  embed.3/large:
    input_tiers: [{rate_per_1k: 0.00013}]
quotas:
  free: {daily_limit: 10000, monthly_limit: 100000}
  pro: {daily_limit: null, monthly_limit: 5000000}
`
/** What a usage owes under a draft, in nano-units, as the first of its period; or the code it is refused with. */
function owed({ content }: { content: BookContent }, model: string, tokens: Record<string, bigint>) {
  const book = compileBook('price', 2, content)
  const quantities = new Map(Object.entries(tokens).map(([meter, count]) => [meter, count * oneUnit]))
  const charged = chargesFor(book, { model, quantities, attributes: {} })
  if ('refused' in charged) return charged.refused.code
  return rateUses(book, charged.uses, () => freshCounter).reduce((sum, { amount }) => sum + amount, 0n)
}

describe('the common YAML as a book', () => {
  it('R-6 tiers are graduated charges of their model, limits inclusive, rates digit by digit', () => {
    const { content } = draft(example)
    const ofModel = { filter: { model: 'gpt-4' } }
    expect(content).toMatchObject({
      source: 'YAML version 1.0',
      effective_from: now,
      effective_to: null,
      currency: 'USD',
    })
    expect(content.charges.slice(0, 3)).toEqual([
      {
        id: 'gpt_4_input',
        meters: ['input_tokens'],
        ...ofModel,
        price: {
          model: 'graduated',
          per: '1000',
          tiers: [
            { up_to: '1000000', rate: '0.03' },
            { up_to: '5000000', rate: '0.025' },
            { up_to: null, rate: '0.02' },
          ],
        },
      },
      {
        id: 'gpt_4_output',
        meters: ['output_tokens'],
        ...ofModel,
        price: {
          model: 'graduated',
          per: '1000',
          tiers: [
            { up_to: '1000000', rate: '0.06' },
            { up_to: null, rate: '0.05' },
          ],
        },
      },
      {
        id: 'embed_3_large_input',
        meters: ['input_tokens'],
        filter: { model: 'embed.3/large' },
        price: { model: 'per_unit', rate: '0.00013', per: '1000' },
      },
    ])
    expect(owed({ content }, 'gpt-4', { input_tokens: 1_000_000n })).toBe(30_000_000_000n)
    expect(owed({ content }, 'gpt-4', { input_tokens: 1_000_001n })).toBe(30_000_025_000n)
    expect(owed({ content }, 'gpt-4', { input_tokens: 6_000_000n, output_tokens: 2_000_000n })).toBe(260_000_000_000n)
  })

  it('R-6 the draft can be published: it is a book by schema and by check', () => {
    const { content } = draft(example)
    expect(bookContentSchema.parse(content)).toEqual(content)
    for (const book of ['price', 'cost'] as const)
      expect(checkBook(book, content, { meters: startMeters, currency: 'USD' })).toEqual([])
  })

  it('R-6 is exact for any tiers and any quantity', () => {
    const tiers = fc.array(fc.tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.nat(99_999)), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(tiers, fc.nat(10_000_000), (steps, tokens) => {
        // A rate of n in 10⁻⁵ per 1,000 is exactly 10 n nano-units a token.
        let [end, owes, text] = [0, 0n, '']
        for (const [index, [width, rate]] of steps.entries()) {
          const last = index === steps.length - 1
          const within = Math.max(0, last ? tokens - end : Math.min(tokens - end, width))
          owes += BigInt(within) * BigInt(rate) * 10n
          end += width
          text += `\n    - {limit: ${last ? 'null' : end}, rate_per_1k: 0.${String(rate).padStart(5, '0')}}`
        }
        expect(owed(draft(`models:\n  m:\n    input_tiers:${text}`), 'm', { input_tokens: BigInt(tokens) })).toBe(owes)
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-4 R-6 what the YAML does not name is priced, or refused, as it was, and never free', () => {
    const imported = draft(example)
    expect(imported.content.charges.slice(3)).toEqual(published.charges)
    expect(owed(imported, 'gpt-5', { input_tokens: 1_000_000n })).toBe(7_000_000_000n)
    expect(owed(imported, 'gpt-99', { input_tokens: 1n })).toBe('model.unknown')
    expect(owed(imported, 'embed.3/large', { input_tokens: 1_000n, output_tokens: 1n })).toBe('model.unknown')
    expect(
      owed(draft('models: {gpt-4: {input_tiers: [{rate_per_1k: 1}]}}'), 'gpt-4', { output_tokens: 1_000_000n }),
    ).toBe(9_000_000_000n)
  })

  it('R-6 a later file replaces what an earlier one said of its models, and leaves the others', () => {
    const { content } = draft('models: {gpt-4: {output_tiers: [{rate_per_1k: 1}]}}', draft(example).content)
    expect(content.charges.map(({ id }) => id)).toEqual(['gpt_4_output', 'embed_3_large_input', 'tokens', 'calls'])
    expect(draft(example, draft(example).content).content).toEqual(draft(example).content)
  })

  it('R-6 quotas are not prices: each is named with the reason, none is dropped in silence', () => {
    expect(draft(example).ignored.map(({ field, value }) => `${field} ${value}`)).toEqual([
      'quotas.free.daily_limit 10000',
      'quotas.free.monthly_limit 100000',
      'quotas.pro.monthly_limit 5000000',
    ])
  })

  const tiers = (...list: string[]) => `models: {gpt-4: {input_tiers: [${list.map((tier) => `{${tier}}`).join(', ')}]}}`
  const limits = (...list: string[]) => tiers(...list.map((limit) => `limit: ${limit}, rate_per_1k: 1`))
  it.each([
    ['limits that fall', limits('20', '10', 'null'), 'models.gpt-4.input_tiers[1].limit'],
    ['limits that stay', limits('20', '20', 'null'), 'models.gpt-4.input_tiers[1].limit'],
    ['a limit of 0', limits('0', 'null'), 'models.gpt-4.input_tiers[0].limit'],
    ['no limit before the last', limits('10', 'null', 'null'), 'models.gpt-4.input_tiers[1].limit'],
    ['a limit at the end', limits('10', '20'), 'models.gpt-4.input_tiers[1].limit'],
    ['a negative limit', limits('-5', 'null'), 'models.gpt-4.input_tiers[0].limit'],
    ['a limit that is no number', limits('many', 'null'), 'models.gpt-4.input_tiers[0].limit'],
    ['a negative rate', tiers('rate_per_1k: -0.1'), 'models.gpt-4.input_tiers[0].rate_per_1k'],
    ['a rate with an exponent', tiers('rate_per_1k: 3e-5'), 'models.gpt-4.input_tiers[0].rate_per_1k'],
    ['no rate', tiers('limit: null'), 'models.gpt-4.input_tiers[0].rate_per_1k'],
    ['an unknown field', tiers('rate_per_1k: 1, rate_per_1m: 2'), 'models.gpt-4.input_tiers[0].rate_per_1m'],
    ['an unknown field above', 'models: {m: {input_tiers: [{rate_per_1k: 1}]}}\ncurrency: EUR', 'currency'],
    ['no tiers', 'models: {gpt-4: {input_tiers: []}}', 'models.gpt-4.input_tiers'],
    ['a model without any price', 'models: {gpt-4: {}}', 'models.gpt-4'],
    ['no models', 'models: {}', 'models'],
    ['a malformed quota', `${tiers('rate_per_1k: 1')}\nquotas: {free: {daily_limit: x}}`, 'quotas.free.daily_limit'],
    [
      'two names of one account',
      'models: {a-1: &a {input_tiers: [{rate_per_1k: 1}]}, a.1: {input_tiers: [{rate_per_1k: 1}]}}',
      'models.a.1',
    ],
  ])('R-6 refuses %s at its path', (_, text, field) => {
    expect(made(text)).toMatchObject({ problems: [{ field }] })
  })

  it('R-6 refuses a model that would be posted to the account of another charge', () => {
    const from = { ...published, charges: [...published.charges, { ...calls, id: 'm_input' }] }
    expect(made('models: {m: {input_tiers: [{rate_per_1k: 1}]}}', from)).toMatchObject({
      problems: [{ field: 'models.m' }],
    })
  })

  it('R-6 refuses more charges than a book holds, and names that long keep an account of their own', () => {
    const many = (count: number) =>
      `models:${Array.from({ length: count }, (__, n) => `\n  m${n}: {input_tiers: [{rate_per_1k: 1}]}`).join('')}`
    expect(draft(many(254)).content.charges).toHaveLength(256)
    expect(made(many(255))).toMatchObject({ problems: [{ field: 'models' }] })
    const [left, right] = ['x', 'y'].map((end) => `${'long'.repeat(20)}${end}`)
    const { content } = draft(
      `models:\n  ${left}: {input_tiers: [{rate_per_1k: 1}]}\n  ${right}: {input_tiers: [{rate_per_1k: 1}]}`,
    )
    expect(new Set(content.charges.map(({ id }) => id)).size).toBe(4)
    expect(bookContentSchema.parse(content)).toEqual(content)
  })
})
