import type { Meter } from '@portitor/contracts'
import { MeterCatalog } from './meter-catalog.ts'
import { aggregationOf } from './meter.ts'

const meter: Meter = {
  name: 'users',
  unit: 'user',
  event_type: 'user.seen',
  aggregation: 'unique',
  value: 'user',
  dimensions: [],
}
const text = JSON.stringify({ kind: 'meter', meter })

describe('the meters of the catalogue', () => {
  it('M-3 knows a meter from its record on, and no more once it is removed', () => {
    const catalog = new MeterCatalog()
    expect([catalog.isEmpty, aggregationOf(catalog.index, 'users')]).toEqual([true, 'sum'])
    catalog.apply('meter:users', text)
    expect([catalog.isEmpty, aggregationOf(catalog.index, 'users')]).toEqual([false, 'unique'])
    expect(catalog.index).toBe(catalog.index)
    catalog.apply('meter:users', null)
    expect([catalog.isEmpty, aggregationOf(catalog.index, 'users')]).toEqual([true, 'sum'])
  })

  it('M-3 a record nobody can read leaves the meter as it was, and books are passed over', () => {
    const catalog = new MeterCatalog()
    catalog.apply('meter:users', text)
    for (const broken of ['', '{', '{}', '{"kind":"meter","meter":{}}'])
      expect(() => catalog.apply('meter:users', broken)).toThrow()
    catalog.apply('book:price', '{"kind":"book","book":"price","version":2}')
    catalog.apply('book:price', null)
    catalog.apply(null, text)
    expect(aggregationOf(catalog.index, 'users')).toBe('unique')
  })
})
