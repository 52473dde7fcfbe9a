import { quantityOfInteger } from '@portitor/money'
import {
  type BookContent,
  chargesFor,
  compileBook,
  compileModel,
  type ComposedPrice,
  type Counter,
  evaluate,
  freshCounter,
  rateUses,
  type TotalPrice,
  type Usage,
} from '@portitor/pricing'

const EVALUATIONS = 300_000
const ROUNDS = 5
/** A batch is short, so that one pause of the machine spoils a round. */
const BATCH_ROUNDS = 25
const TIERS = 10
const MODELS = 200

/** F alone, for each model, and a batch through the book: how far the pure core is from being what limits. One core, no I/O. */
export function benchPricing(events: number, log: (text: string) => void): Promise<object> {
  const quantities = Array.from({ length: 1_024 }, (_, n) => quantityOfInteger((n * 7_919) % 11_000_000))
  const per_second: Record<string, number> = {}
  for (const [name, price] of Object.entries(prices())) {
    const model = compileModel(price)
    per_second[name] = Math.round(
      best(() => {
        // What nobody reads the compiler may leave out: every amount goes into the sum, as it would into a total.
        let sum = 0n
        for (let n = 0; n < EVALUATIONS; n++) sum += evaluate(model, quantities[n & 1_023]!)
        if (sum <= 0n) throw new Error(`${name} owed ${sum}`)
        return EVALUATIONS
      }),
    )
    log(`${name}: ${per_second[name]} evaluations/s`)
  }
  const usages = Array.from({ length: events }, (_, n) => usageOf(n))
  const batch = best(() => rateAll(usages), BATCH_ROUNDS)
  return Promise.resolve({
    name: 'pricing',
    unit: 'F evaluations',
    per_second,
    batch: { events, ms: Math.round((events / batch) * 10_000) / 10, events_per_second: Math.round(batch) },
    rss_mb: Math.round(process.memoryUsage().rss / 1e6),
  })
}

/** The best of a few rounds, in operations a second: what else the machine does only ever slows it down. */
function best(round: () => number, rounds = ROUNDS): number {
  let rate = 0
  for (let n = 0; n < rounds; n++) {
    const begun = performance.now()
    const count = round()
    rate = Math.max(rate, count / ((performance.now() - begun) / 1_000))
  }
  return rate
}

function prices(): Record<string, TotalPrice | ComposedPrice> {
  const tiers = Array.from({ length: TIERS }, (_, n) => ({
    up_to: n === TIERS - 1 ? null : String((n + 1) * 1_000_000),
    rate: `${(TIERS - n) / 4}`,
    flat_amount: '1',
  }))
  const graduated: TotalPrice = { model: 'graduated', per: '1000000', tiers }
  return {
    per_unit: { model: 'per_unit', rate: '2.50', per: '1000000' },
    graduated_10_tiers: graduated,
    volume_10_tiers: { model: 'volume', per: '1000000', tiers },
    package: { model: 'package', size: '1000', amount: '0.75', free_units: '5000' },
    composed: {
      model: 'composed',
      price: graduated,
      quantity: {
        convert: { by: 'divide', factor: '3' },
        round: { mode: 'up', to: '10' },
        free: { units: '1000', per: 'workspace' },
      },
      amount: { discount_percent: '12.5', max: '500' },
      credit_rate: '0.01',
    },
  }
}

/** Rates the batch as rating does, a counter for each segment; the work of one transaction without its database. */
function rateAll(usages: readonly Usage[]): number {
  const counters = new Map<string, Counter>()
  for (const usage of usages) {
    const charged = chargesFor(book, usage)
    if ('refused' in charged) throw new Error(charged.refused.detail)
    for (const { group, cell, counter } of rateUses(
      book,
      charged.uses,
      (segment) => counters.get(`${segment.group} ${segment.cell}`) ?? freshCounter,
    ))
      counters.set(`${group} ${cell}`, counter)
  }
  return usages.length
}

function usageOf(n: number): Usage {
  return {
    provider: 'p',
    model: `model-${n % MODELS}`,
    quantities: new Map([
      ['input_tokens', quantityOfInteger(200 + (n % 1_800))],
      ['cached_input_tokens', quantityOfInteger(n % 200)],
      ['output_tokens', quantityOfInteger(1 + (n % 500))],
    ]),
    attributes: {},
  }
}

const content: BookContent = {
  currency: 'USD',
  effective_from: '2000-01-01T00:00:00Z',
  effective_to: null,
  source: 'bench',
  source_date: '2026-01-01T00:00:00Z',
  charges: [
    {
      id: 'tokens',
      meters: ['input_tokens', 'output_tokens'],
      price: {
        model: 'matrix',
        providers: [],
        aliases: [],
        rows: Array.from({ length: MODELS }, (_, n) => ({
          provider: 'p',
          model: `model-${n}`,
          match: { equals: `model-${n}` },
          bands: [
            { input_over: 0, rates: { input_tokens: '2.50', cached_input_tokens: '1.25', output_tokens: '10' } },
            { input_over: 1_000, rates: { input_tokens: '5', output_tokens: '15' } },
          ],
        })),
      },
    },
  ],
}
const book = compileBook('price', 1, content)
