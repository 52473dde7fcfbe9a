import fc from 'fast-check'
import { addressList } from './address-list.ts'

describe('the addresses of a credential', () => {
  it.each([
    [[], '203.0.113.9', true],
    [['203.0.113.9'], '203.0.113.9', true],
    [['203.0.113.9'], '203.0.113.8', false],
    [['203.0.113.0/24'], '203.0.113.255', true],
    [['203.0.113.0/24'], '203.0.114.0', false],
    [['203.0.113.0/24'], '::ffff:203.0.113.7', true],
    [['10.0.0.0/8', '2001:db8::/32'], '2001:db8:1::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['0.0.0.0/0'], '198.51.100.1', true],
    [['not an address'], '198.51.100.1', false],
    [['10.0.0.0/33'], '10.0.0.1', false],
    [['10.0.0.0/'], '10.0.0.1', false],
    [['10.0.0.0/8'], 'not an address', false],
  ])('I-3 %j lets %s in: %s', (entries, address, expected) => {
    expect(addressList(entries)(address)).toBe(expected)
  })

  it('I-3 an address is in its own list and in no list of another', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), (own, other) => {
        expect(addressList([own])(own)).toBe(true)
        expect(addressList([own])(other)).toBe(own === other)
      }),
    )
  })
})
