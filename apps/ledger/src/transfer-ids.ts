import { hash } from 'node:crypto'
import { remember } from './remember.ts'

const ID_BYTES = 16
const TAG_BYTES = 7
/** The hash of an event's identity, as text of one character a byte. Fields are length-prefixed: ("ab", "c") is not ("a", "bc"). */
export function eventDigest(workspaceId: string, source: string, eventId: string): string {
  return hash('sha256', `${workspaceId}${source.length}:${source}${eventId}`, 'binary')
}

/**
 * The id of a transfer as the 16 bytes of a uuid v8 (RFC 9562): 48 bits of event time in milliseconds, then 74 bits of a
 * hash of workspace, source, id and leg (`tag`). The same event makes the same ids, so a replay is a no-op (L-3), and ids are in
 * the order of time. The hash is taken once per event; the leg is mixed into its last 56 bits, so that the transfers of
 * one event lie side by side.
 */
export function transferId(timeMs: number, digest: string, tag: string): Buffer {
  const id = Buffer.allocUnsafe(ID_BYTES)
  id.writeUIntBE(timeMs, 0, 6)
  id[6] = 0x80 | (digest.charCodeAt(0) & 0x0f)
  id[7] = digest.charCodeAt(1)
  id[8] = 0x80 | (digest.charCodeAt(2) & 0x3f)
  for (let byte = 0; byte < TAG_BYTES; byte += 1) {
    id[ID_BYTES - TAG_BYTES + byte] = digest.charCodeAt(3 + byte) ^ tag.charCodeAt(byte)
  }
  return id
}

/** The ids that transfers of one event can have, its corrections' too: only the leg is left open. Another event can have one of them once in 2²⁶. */
export function transferIdsOf(timeMs: number, digest: string): { readonly first: string; readonly last: string } {
  const first = transferId(timeMs, digest, '\0'.repeat(TAG_BYTES))
  const last = Buffer.from(first)
  first.fill(0x00, ID_BYTES - TAG_BYTES)
  last.fill(0xff, ID_BYTES - TAG_BYTES)
  return { first: formatUuid(first), last: formatUuid(last) }
}

export function formatUuid(id: Buffer): string {
  const hex = id.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The smallest id a transfer of this moment can have: bounds of a period are bounds of ids. */
export function firstIdAt(timeMs: number): string {
  const hex = Math.max(timeMs, 0).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

/** Tells the transfers of one event apart: the cost, and the price of each charge. */
export const costTag = tagOf('usage.cost')
export const priceTag = remember((charge: string) => tagOf(`usage.price:${charge}`))
/** And those of its corrections: by revision, by whether they take back, and by what they are priced by. */
export const correctionTag = (leg: { readonly revision: number; readonly reverses: boolean; readonly name: string }) =>
  tagOf(`usage.correction:${leg.revision}:${leg.reverses ? 'reverses' : 'owes'}:${leg.name}`)

function tagOf(leg: string): string {
  return hash('sha256', leg, 'binary').slice(0, TAG_BYTES)
}
