import fc from 'fast-check'
import { Guessing, sourceOf } from './guessing.ts'

const failTimes = (guessing: Guessing, times: number, address = '10.0.0.1', nowMs = 0) =>
  Array.from({ length: times }, () => guessing.failed(address, nowMs))

describe('guessing', () => {
  it('I-3 is slowed more with each failure, to two seconds and no more', () => {
    expect(failTimes(new Guessing(), 11)).toEqual([0, 0, 0, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000])
  })

  it('I-3 is forgotten with time', () => {
    const guessing = new Guessing()
    failTimes(guessing, 100)
    expect(guessing.failed('10.0.0.1', 300_000)).toBe(0)
  })

  it('I-3 from one address slows no other', () => {
    const guessing = new Guessing()
    failTimes(guessing, 100)
    expect(guessing.failed('10.0.0.2', 0)).toBe(0)
  })

  it('I-3 from anywhere takes bounded memory, and delays stay within their bounds', () => {
    const guessing = new Guessing()
    for (let n = 0; n < 10_050; n += 1) guessing.failed(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, n)
    expect(guessing.size).toBe(10_000)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.ipV4(), fc.nat(1_000_000)), { maxLength: 200 }), (failures) => {
        for (const [address, at] of failures) {
          const delayMs = guessing.failed(address, at)
          expect(delayMs >= 0 && delayMs <= 2_000).toBe(true)
        }
      }),
    )
  })

  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1::6', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('I-3 %s counts as %s: a network of IPv6 is one source', (address, source) => {
    expect(sourceOf(address)).toBe(source)
  })
})
