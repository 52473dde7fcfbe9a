import { BlockList, isIP } from 'node:net'
import { forbidden } from './refusal.ts'

export const addressNotAllowed = forbidden(
  'credential.address_not_allowed',
  'The credential may not be used from this address; its ip_allow_list names those it may be used from.',
)

/** The addresses a credential may be used from (I-3). An entry that cannot be read allows nothing; an empty list allows all. */
export function addressList(entries: readonly string[]): (address: string) => boolean {
  if (entries.length === 0) return () => true
  const list = new BlockList()
  for (const entry of entries) {
    const [net, bits] = entry.split('/', 2) as [string, string | undefined]
    const family = familyOf(net)
    if (family === undefined) continue
    try {
      if (bits === undefined) list.addAddress(net, family)
      else if (/^\d{1,3}$/.test(bits)) list.addSubnet(net, Number(bits), family)
    } catch {
      // More bits than an address has.
    }
  }
  return (address) => {
    const family = familyOf(address)
    return family !== undefined && list.check(address, family)
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  if (version === 0) return undefined
  return version === 4 ? 'ipv4' : 'ipv6'
}
