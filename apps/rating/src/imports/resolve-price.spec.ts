import { calcPrice, type ConditionalPrice, type ModelInfo } from '@pydantic/genai-prices'
import { readPricePackage } from './provider-price-package.ts'
import { resolvePrice } from './resolve-price.ts'

const { providers } = await readPricePackage()
const model = (prices: ModelInfo['prices']): ModelInfo => ({ id: 'm', match: { equals: 'm' }, prices })
const plain = (input_mtok: number): ConditionalPrice => ({ prices: { input_mtok } })
const since = (start_date: string, input_mtok: number): ConditionalPrice => ({
  constraint: { type: 'start_date', start_date },
  prices: { input_mtok },
})
const daily = (start_time: string, end_time: string, input_mtok: number): ConditionalPrice => ({
  constraint: { type: 'time_of_date', start_time, end_time },
  prices: { input_mtok },
})

describe('the one price of a model with conditions', () => {
  it('R-5 is the last one whose date has come', () => {
    const dated = model([plain(1), since('2026-03-01', 2), since('2026-06-01', 3)])
    expect(resolvePrice(dated, new Date('2026-02-28T23:59:59.999Z'))).toEqual({ input_mtok: 1 })
    expect(resolvePrice(dated, new Date('2026-03-01T00:00:00Z'))).toEqual({ input_mtok: 2 })
    expect(resolvePrice(dated, new Date('2027-01-01T00:00:00Z'))).toEqual({ input_mtok: 3 })
  })

  it('R-5 is the first one where no condition holds', () => {
    expect(resolvePrice(model([since('2030-01-01', 7), since('2031-01-01', 8)]), new Date('2026-01-01'))).toEqual({
      input_mtok: 7,
    })
  })

  it.each([
    ['dearer by day', [plain(1), daily('01:00:00Z', '04:00:00Z', 5)], 5],
    ['cheaper by day', [plain(2), daily('01:00:00Z', '04:00:00Z', 1)], 2],
    ['over midnight', [plain(1), daily('22:00:00Z', '02:00:00Z', 4)], 4],
    [
      'the whole day in two windows',
      [plain(9), daily('00:00:00Z', '12:00:00Z', 3), daily('12:00:00Z', '00:00:00Z', 4)],
      4,
    ],
    ['in another zone', [plain(1), daily('09:00:00+08:00', '12:00:00+08:00', 6)], 6],
    ['a window above a date that has come', [plain(1), since('2020-01-01', 2), daily('01:00:00Z', '04:00:00Z', 3)], 3],
  ])('R-5 is the dearest of the day, at whatever hour it is asked: %s', (_, prices, expected) => {
    for (const hour of ['00', '02', '11', '23'])
      expect(resolvePrice(model(prices), new Date(`2026-01-01T${hour}:30:00Z`))).toEqual({ input_mtok: expected })
  })

  it('R-5 agrees with the package for every model and every moment, the hour aside', () => {
    const instants = ['2024-01-01T00:00:00Z', '2026-06-16T00:00:00Z', '2026-11-21T09:00:00Z', '2027-01-01T12:00:00Z']
    const differing = providers.flatMap((provider) =>
      provider.models
        .filter((one) => !JSON.stringify(one.prices).includes('time_of_date'))
        .flatMap((one) =>
          instants.filter((instant) => {
            const alone = { ...provider, models: [{ ...one, match: { equals: 'm' } }] }
            const theirs = calcPrice({}, 'm', { provider: alone, timestamp: new Date(instant) })!.model_price
            return JSON.stringify(resolvePrice(one, new Date(instant))) !== JSON.stringify(theirs)
          }),
        ),
    )
    expect(differing).toEqual([])
  })
})
