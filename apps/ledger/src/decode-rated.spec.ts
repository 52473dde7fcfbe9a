import { ratedUsageSchema } from '@portitor/contracts'
import fc from 'fast-check'
import { checkRated, decodeRated } from './decode-rated.ts'
import { ratedUsage, ratedUsageArbitrary } from './rated-usage.fixture.ts'

const sample = ratedUsage({ price: { tokens: 5n }, cost: { tokens: 3n } })
const read = Object.keys(sample).filter((name) => !['type', 'rated_at', 'quantities', 'latency_ms'].includes(name))

describe('a record of usage.rated', () => {
  it('L-3 holds an array of events, and anything else is refused as a whole', () => {
    expect(decodeRated(Buffer.from(JSON.stringify({ events: [sample] })))).toEqual([sample])
    for (const value of ['', 'null', '[]', '{}', '{"events":[]}', '{"events":{}}', '{"events"', '7']) {
      expect(() => decodeRated(Buffer.from(value))).toThrow()
    }
    expect(() => decodeRated(null)).toThrow()
  })

  it('L-3 takes every event that the contract allows', () => {
    fc.assert(
      fc.property(ratedUsageArbitrary(fc.string()), (usage) => {
        expect(checkRated(JSON.parse(JSON.stringify(usage)))).toEqual(ratedUsageSchema.parse(usage))
      }),
    )
    const odd = { ...sample, workspace_id: sample.workspace_id.toUpperCase(), time: '2023-11-14T22:13:20+01:00' }
    expect(checkRated(odd)).toEqual(odd)
  })

  it('L-3 refuses an event in which a field that the ledger reads is wrong, and names it', () => {
    for (const name of read) {
      for (const wrong of [null, 7, {}, [{}]]) {
        const event = { ...sample, [name]: wrong }
        expect(() => checkRated(event)).toThrow(name)
      }
    }
    const charge = sample.charges[0]!
    for (const wrong of [{ side: 'tip' }, { charge: 1 }, { version: 0 }, { version: '1' }, { amount_nanos: 5 }]) {
      expect(() => checkRated({ ...sample, charges: [{ ...charge, ...wrong }] })).toThrow(Object.keys(wrong)[0])
    }
    for (const time of ['yesterday', '2023-11-14', '2023-02-31T00:00:00.000Z', '2023-13-01T00:00:00.000Z']) {
      expect(() => checkRated({ ...sample, time })).toThrow('time')
    }
    for (const event of [null, 'x', 7, []]) expect(() => checkRated(event)).toThrow()
  })
})
