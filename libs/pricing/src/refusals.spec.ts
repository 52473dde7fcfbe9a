import { BookInvalid, type Charge, type MatrixPrice, type TotalPrice, type EventPrice } from './charge.ts'
import { compileBook } from './compile-book.ts'
import { compilePlan } from './compile-plan.ts'
import { content, exampleMatrix, tokensCharge } from './example-book.fixture.ts'
import type { Plan } from './plan.ts'

const total = (price: TotalPrice | EventPrice, more: Partial<Charge> = {}): Charge => ({
  id: 'a',
  meters: ['calls'],
  price,
  ...more,
})
const perUnit = { model: 'per_unit', rate: '1', per: '1' } as const
const tier = (up_to: string | null, rate = '1', more: object = {}) => ({ up_to, rate, ...more })
const graduated = (...tiers: ReturnType<typeof tier>[]) => total({ model: 'graduated', per: '1', tiers })
const volume = (...tiers: ReturnType<typeof tier>[]) => total({ model: 'volume', per: '1', tiers })
const matrix = (changed: Partial<MatrixPrice>, more: Partial<Charge> = {}): Charge => ({
  ...tokensCharge,
  ...more,
  price: { ...exampleMatrix, ...changed },
})
const [row] = exampleMatrix.rows
const regional = (dimensions: Record<string, string>) => ({ ...row!, dimensions })
const alias = (model: string, as: string) => ({ model, as: { provider: 'openai', model: as } })
const swapped = [
  { ...row!, model: 'a' },
  { ...row!, model: 'b' },
]

function refusal(act: () => unknown): { field: string; problem: string } {
  try {
    act()
  } catch (error) {
    if (error instanceof BookInvalid) return { field: error.field, problem: error.problem }
    throw error
  }
  return { field: 'none', problem: 'it was taken' }
}

describe('a book that cannot be published', () => {
  it.each<[what: string, field: string, problem: RegExp, charge: Charge]>([
    ['tiers out of order', 'price.tiers.1.up_to', /ascend/, graduated(tier('10'), tier('5'), tier(null))],
    ['tiers that overlap', 'price.tiers.1.up_to', /ascend/, volume(tier('10'), tier('10'), tier(null))],
    ['a gap at the end', 'price.tiers.0.up_to', /last tier/, graduated(tier('10'))],
    ['a tier after the last', 'price.tiers.0.up_to', /last tier/, volume(tier(null), tier(null))],
    ['no tiers', 'price.tiers', /at least one/, graduated()],
    ['a negative tier', 'price.tiers.0.up_to', /quantity/, graduated(tier('-1'), tier(null))],
    ['a negative rate', 'price.rate', /rate is decimal text/, total({ ...perUnit, rate: '-1' })],
    ['a rate in scientific notation', 'price.tiers.0.rate', /decimal text/, volume(tier(null, '1e3'))],
    ['a rate beyond 2⁶³ nano-units', 'price.rate', /2⁶³/, total({ ...perUnit, rate: '9223372037' })],
    [
      'a flat amount beyond 2⁶³',
      'price.tiers.0.flat_amount',
      /2⁶³/,
      graduated(tier(null, '1', { flat_amount: '99999999999' })),
    ],
    ['a package beyond 2⁶³', 'price.amount', /2⁶³/, total({ model: 'package', size: '1', amount: '10000000000' })],
    ['a unit of nothing', 'price.per', /above zero/, total({ ...perUnit, per: '0' })],
    ['packages of nothing', 'price.size', /above zero/, total({ model: 'package', size: '0', amount: '1' })],
    [
      'tier packages of nothing',
      'price.tiers.0.package_size',
      /above zero/,
      graduated(tier(null, '1', { package_size: '0' })),
    ],
    [
      'a conversion by zero',
      'quantity.convert.factor',
      /above zero/,
      total(perUnit, { quantity: { convert: { by: 'divide', factor: '0' } } }),
    ],
    [
      'a rounding to zero',
      'quantity.round.to',
      /above zero/,
      total(perUnit, { quantity: { round: { mode: 'up', to: '0' } } }),
    ],
    [
      'a negative allowance',
      'quantity.free.units',
      /quantity/,
      total(perUnit, { quantity: { free: { units: '-5', per: 'workspace' } } }),
    ],
    [
      'a discount above 100 %',
      'amount.discount_percent',
      /0 to 100/,
      total(perUnit, { amount: { discount_percent: '100.1' } }),
    ],
    ['a negative maximum', 'amount.max', /rate/, total(perUnit, { amount: { max: '-1' } })],
    ['another currency', 'currency', /neither USD nor/, total(perUnit, { currency: 'EUR' })],
    ['a total by agent', 'scope', /plan/, total(perUnit, { scope: 'agent' })],
    [
      'an allowance by agent',
      'quantity.free.per',
      /plan/,
      total(perUnit, { quantity: { free: { units: '5', per: 'agent' } } }),
    ],
    ['a minimum', 'amount.min', /plan/, total(perUnit, { amount: { min: { amount: '5' } } })],
    [
      'a fee at zero',
      'price.first_flat',
      /plan/,
      total({ model: 'volume', per: '1', tiers: [tier(null)], first_flat: 'every_period' }),
    ],
    ['a price by event', 'price.model', /plan/, total({ model: 'dynamic', multiplier: '1' })],
    [
      'a matrix rate beyond 2⁶³',
      'price.rows.0.bands.0.rates.input_tokens',
      /2⁶³/,
      matrix({ rows: [{ ...row!, bands: [{ input_over: 0, rates: { input_tokens: '99999999999999999' } }] }] }),
    ],
    [
      'bands out of order',
      'price.rows.0.bands.1.input_over',
      /ascend/,
      matrix({
        rows: [
          {
            ...row!,
            bands: [
              { input_over: 0, rates: {} },
              { input_over: 0, rates: {} },
            ],
          },
        ],
      }),
    ],
    [
      'two rows of one model and region',
      'price.rows.1',
      /stands twice/,
      matrix({ rows: [regional({ region: 'eu' }), regional({ region: 'eu' })] }),
    ],
    [
      'two rows that can hold for one event',
      'price.rows.1.dimensions',
      /one more dimension/,
      matrix({ rows: [regional({ region: 'eu' }), regional({ service_class: 'batch' })] }),
    ],
    [
      'two ways to recognise one model',
      'price.rows.1.match',
      /same in every row/,
      matrix({ rows: [row!, { ...regional({ region: 'eu' }), match: { equals: 'x' } }] }),
    ],
    [
      'aliases in a circle',
      'price.aliases.0.as',
      /circle: a → b → a/,
      matrix({ rows: swapped, aliases: [alias('a', 'b'), alias('b', 'a')] }),
    ],
    ['an alias of nothing', 'price.aliases.0.as', /no row prices/, matrix({ aliases: [alias('a', 'gone')] })],
    ['a quantity rule on a matrix', 'quantity', /each of its cells/, matrix({}, { quantity: {} })],
    ['a maximum on a matrix', 'amount.max', /each of its cells/, matrix({}, { amount: { max: '1' } })],
    [
      'a discount that no rate can hold',
      'price.rows.0.bands.0.rates.input_tokens',
      /18 digits/,
      matrix(
        { rows: [{ ...row!, bands: [{ input_over: 0, rates: { input_tokens: '0.000000000000000001' } }] }] },
        { amount: { discount_percent: '50' } },
      ),
    ],
  ])('R-4 %s is refused at %s', (_what, field, problem, charge) => {
    expect(refusal(() => compileBook('price', 1, content([charge])))).toEqual({
      field: `charges.0.${field}`,
      problem: expect.stringMatching(problem) as unknown,
    })
  })

  it.each([
    ['a credit named like the currency', 'credits.0.id', [{ id: 'USD', rate: '1' }]],
    ['a credit that is worth nothing', 'credits.0.rate', [{ id: 'orb', rate: '0' }]],
    [
      'a credit twice',
      'credits.1.id',
      [
        { id: 'orb', rate: '1' },
        { id: 'orb', rate: '2' },
      ],
    ],
  ])('R-4 %s is refused at %s', (_what, field, credits) => {
    expect(refusal(() => compileBook('price', 1, content([], { credits }))).field).toBe(field)
  })
})

describe('a plan that contradicts itself', () => {
  const plan = (changed: Partial<Plan>): Plan => ({
    id: 'p',
    name: 'P',
    currency: 'USD',
    fees: [],
    charges: [],
    ...changed,
  })
  const fee = (price: Plan['fees'][number]['price']) => ({ id: 'seat', per: 'seat' as const, price })
  it.each<[what: string, field: string, plan: Plan]>([
    [
      'an outcome without an amount',
      'charges.0.price',
      plan({ charges: [total({ model: 'outcome', dispute_days: 1 })] }),
    ],
    [
      'a dispute window without end',
      'charges.0.price.dispute_days',
      plan({ charges: [total({ model: 'outcome', amount: '1', dispute_days: 1e6 })] }),
    ],
    [
      'a share above 100 %',
      'charges.0.price.share_percent',
      plan({ charges: [total({ model: 'outcome', share_percent: '101', dispute_days: 0 })] }),
    ],
    [
      'bounds that cross',
      'charges.0.price.event_max',
      plan({ charges: [total({ model: 'dynamic', multiplier: '1', event_min: '2', event_max: '1' })] }),
    ],
    [
      'half a free event',
      'charges.0.price.free_events',
      plan({ charges: [total({ model: 'percentage', percent: '1', free_events: 0.5 })] }),
    ],
    [
      'a margin of nobody',
      'charges.0.price.margins.0',
      plan({ charges: [total({ model: 'cost_plus', margin_percent: '1', margins: [{ margin_percent: '2' }] })] }),
    ],
    [
      'an absurd margin',
      'charges.0.price.margin_percent',
      plan({ charges: [total({ model: 'cost_plus', margin_percent: '100001' })] }),
    ],
    [
      'a quantity rule on events',
      'charges.0.quantity',
      plan({ charges: [total({ model: 'dynamic', multiplier: '1' }, { quantity: {} })] }),
    ],
    [
      'an allowance of the workspace for each agent',
      'charges.0.quantity.free.per',
      plan({ charges: [total(perUnit, { scope: 'agent', quantity: { free: { units: '1', per: 'workspace' } } })] }),
    ],
    [
      'a negative fee',
      'fees.0.price.amount',
      plan({ fees: [fee({ model: 'flat', amount: '-1', due: 'in_advance' })] }),
    ],
    [
      'a capacity that shrinks',
      'fees.0.price.tiers.1.limits.rps',
      plan({
        fees: [
          fee({
            model: 'capacity',
            tiers: [
              { amount: '1', limits: { rps: '10' } },
              { amount: '2', limits: { rps: '5' } },
            ],
          }),
        ],
      }),
    ],
    [
      'a fee named like a charge',
      'fees.0.id',
      plan({
        fees: [{ ...fee({ model: 'flat', amount: '1', due: 'in_advance' }), id: 'a' }],
        charges: [total(perUnit)],
      }),
    ],
    ['a commitment beyond 2⁶³', 'commitment.amount', plan({ commitment: { amount: '10000000000' } })],
  ])('B-1 %s is refused at %s', (_what, field, refused) => {
    expect(refusal(() => compilePlan(refused)).field).toBe(field)
  })
})
