import { formatQuantity } from '@portitor/money'
import fc from 'fast-check'
import type { Charge } from './charge.ts'
import { compilePlan } from './compile-plan.ts'
import { anyTokenUsage, exampleMatrix, priceBook, tokensCharge, usage } from './example-book.fixture.ts'
import { chargesFor, type Charged } from './match-charge.ts'
import type { Usage } from './usage.ts'
import { walkCharges, type Walked } from './walk-charges.fixture.ts'

describe('plans of charges', () => {
  const book = () => priceBook(tokensCharge)

  it('R-10 an event is charged alike whatever was charged before it by the same book', () => {
    const used = book()
    fc.assert(
      fc.property(anyTokenUsage, (event) => {
        expect(chargesFor(used, event)).toEqual(chargesFor(book(), event))
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-5 on both sides of a border between bands each event has the band of its own input', () => {
    const used = book()
    const groupOf = (input: number) => {
      const charged = chargesFor(used, usage({ input_tokens: input }, 'gemini-2.5-pro'))
      return 'uses' in charged ? charged.uses[0]!.group : charged.refused.code
    }
    const inputs = [1, 200_000, 200_001, 5, 300_000, 200_000]
    expect(inputs.map(groupOf)).toEqual([0, 0, 200_000, 0, 200_000, 0].map((over) => `google/gemini-2.5-pro@${over}`))
  })

  it('R-4 names that only together read alike make different plans', () => {
    const used = book()
    const refusedFor = (provider: string, model: string) => {
      const charged = chargesFor(used, usage({ input_tokens: 1 }, model, provider))
      return 'refused' in charged ? charged.refused.detail : 'priced'
    }
    expect(refusedFor('ab', 'c')).not.toBe(refusedFor('a', 'bc'))
    expect(refusedFor('a1:', 'b')).not.toBe(refusedFor('a', '1:b'))
  })
})

const [row] = exampleMatrix.rows
const bandsAt = (rate: string) => [
  { input_over: 0, rates: { input_tokens: rate, cached_input_tokens: '0.1', output_tokens: '3' } },
  { input_over: 10_000, rates: { input_tokens: `${rate}5` } },
]
const perUnit = (id: string, meters: string[], more: Partial<Charge> = {}): Charge => ({
  id,
  meters,
  price: { model: 'per_unit', rate: '1', per: '1' },
  ...more,
})
/** Agents, variants by dimension, meters that count together, filters and prices by event, one behind the other. */
const charges: readonly Charge[] = [
  perUnit('internal', ['input_tokens', 'output_tokens'], { filter: { team: 'own' }, together: true, scope: 'agent' }),
  perUnit('images', ['images'], { filter: { region: 'eu' } }),
  {
    ...tokensCharge,
    price: {
      ...exampleMatrix,
      rows: [
        ...exampleMatrix.rows,
        { ...row!, dimensions: { service_class: 'batch' }, bands: bandsAt('1.1') },
        { ...row!, dimensions: { service_class: 'batch', region: 'eu' }, bands: bandsAt('1.2') },
        { ...row!, model: 'gpt-eu', match: { equals: 'gpt-eu' }, dimensions: { region: 'eu' } },
      ],
    },
  },
  perUnit('media', ['images', 'gpu_seconds'], { together: true }),
  perUnit('tools', ['tool_calls', 'searches'], { scope: 'agent' }),
  {
    id: 'outcomes',
    meters: ['outcome:booked', 'outcome:*'],
    price: { model: 'outcome', amount: '1', dispute_days: 14 },
  },
]
const compiled = () => compilePlan({ id: 'p', name: 'p', currency: 'USD', fees: [], charges }).book

const maybe = <Value>(...values: Value[]) => fc.constantFrom(undefined, ...values)
const few = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(3))
const anyEvent: fc.Arbitrary<Usage> = fc
  .record({
    tokens: fc.option(anyTokenUsage, { nil: usage({}) }),
    model: maybe('gpt-eu', 'gpt-99', ''),
    attributes: fc.record({
      agent_id: maybe('a', 'b', ''),
      team: maybe('own', 'other'),
      region: maybe('eu', 'us'),
      service_class: maybe('batch', 'flex'),
    }),
    counts: fc.record({
      images: few,
      gpu_seconds: few,
      tool_calls: few,
      searches: few,
      'outcome:booked': few,
      'outcome:solved': few,
    }),
    requests: fc.option(fc.nat(1), { freq: 3, nil: undefined }),
  })
  .map(({ tokens, model, attributes, counts, requests }) => ({
    model: model ?? tokens.model,
    quantities: new Map([
      ...tokens.quantities,
      ...usage({ ...counts, ...(requests === undefined ? {} : { requests }) }).quantities,
    ]),
    attributes,
  }))

const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)
const inOrder = (walked: Walked): Walked =>
  'refused' in walked
    ? walked
    : {
        ...walked,
        uses: [...walked.uses]
          .sort(byKey)
          .map(({ key, cells }) => ({ key, cells: [...cells].sort((a, b) => (a.cell < b.cell ? -1 : 1)) })),
      }
const told = (charged: Charged): Walked =>
  'refused' in charged
    ? { refused: charged.refused.code }
    : { uses: charged.uses, byEvent: (charged.byEvent ?? []).map(({ key, quantity }) => ({ key, quantity })) }

describe('plans of agents, variants, meters that count together and prices by event', () => {
  it('R-10 an event is charged alike whatever was charged before it, and as a walk that remembers nothing finds', () => {
    const used = compiled()
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyEvent, (event) => {
        const charged = chargesFor(used, event)
        expect(charged).toEqual(chargesFor(compiled(), event))
        expect(inOrder(told(charged))).toEqual(inOrder(walkCharges(charges, event)))
        if ('refused' in charged) seen.add(charged.refused.code)
        else for (const { charge } of [...charged.uses, ...(charged.byEvent ?? [])]) seen.add(charge)
      }),
      { numRuns: 5_000 },
    )
    expect([...seen].sort()).toEqual([
      'agent.missing',
      'images',
      'internal',
      'media',
      'model.missing',
      'model.unknown',
      'outcomes',
      'pricing.no_charge',
      'pricing.no_rate',
      'tokens',
      'tools',
    ])
  })

  it('R-10 each use bears the text that counters are found by: side, charge, version, group and plan', () => {
    const used = compiled()
    fc.assert(
      fc.property(anyEvent, (event) => {
        const charged = chargesFor(used, event)
        for (const { key, charge, version, group, plan } of 'uses' in charged ? charged.uses : [])
          expect(JSON.parse(key)).toEqual(['price', charge, version, group, plan])
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-3 agents of one shape have segments of their own, and an event without one is refused after them', () => {
    const used = compiled()
    const of = (agent_id: string | undefined) => {
      const charged = chargesFor(used, { ...usage({ tool_calls: 2 }), attributes: { agent_id } })
      return 'uses' in charged ? charged.uses.map(({ group }) => group) : charged.refused.code
    }
    expect(['a', 'b', undefined, 'a', ''].map(of)).toEqual([
      ['tool_calls~a'],
      ['tool_calls~b'],
      'agent.missing',
      ['tool_calls~a'],
      'agent.missing',
    ])
  })

  it('R-3 an event priced by itself has its own quantity, each meter once though the charge names it twice', () => {
    const used = compiled()
    const of = (booked: number, solved: number) => {
      const charged = chargesFor(used, usage({ 'outcome:booked': booked, 'outcome:solved': solved }))
      return 'uses' in charged ? charged.byEvent?.map(({ quantity }) => formatQuantity(quantity)) : charged.refused.code
    }
    expect([of(1, 2), of(3, 1), of(1, 2)]).toEqual([['3'], ['4'], ['3']])
  })
})
