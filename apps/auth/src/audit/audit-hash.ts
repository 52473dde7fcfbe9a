import { createHash } from 'node:crypto'

/** An entry as it is hashed: every field as the text that is stored. */
export interface HashedEntry {
  /** The chain: a workspace, or the nil uuid for the operator's own. */
  readonly workspaceId: string
  readonly sequence: bigint
  readonly id: string
  /** RFC 3339 in UTC with milliseconds. */
  readonly at: string
  readonly service: string
  /** JSON, as written. */
  readonly actor: string
  readonly action: string
  readonly target: string | null
  readonly before: string | null
  readonly after: string | null
  readonly address: string | null
  readonly requestId: string | null
  readonly outcome: string
  readonly code: string | null
}

/** What the first entry of a chain names as the one before. */
export const FIRST_PREVIOUS_HASH = Buffer.alloc(32)

/** Makes these hashes differ from any other use of SHA-256, and a later format from this one. */
const FORMAT = 'portitor.audit.v1'
const ABSENT = 0xffff_ffff

/**
 * SHA-256 over the hash before and every field, each behind its length in bytes (four of them, big-endian; all ones where
 * there is none): no two different entries have the same bytes, so what moves from one field into the next is found too.
 */
export function auditHash(previous: Buffer, entry: HashedEntry): Buffer {
  const sha = createHash('sha256')
  const add = (value: string | Buffer | null) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(value === null ? ABSENT : Buffer.byteLength(value))
    sha.update(length)
    if (value !== null) sha.update(value)
  }
  for (const value of [FORMAT, previous, entry.workspaceId, String(entry.sequence), entry.id, entry.at]) add(value)
  for (const value of [entry.service, entry.actor, entry.action, entry.target, entry.before, entry.after]) add(value)
  for (const value of [entry.address, entry.requestId, entry.outcome, entry.code]) add(value)
  return sha.digest()
}
