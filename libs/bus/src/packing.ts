import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'

/** What packs to a page or less is not worth a call out of the JavaScript thread. */
const PACKED_FROM_BYTES = 4_096
/** A record is 1 MiB at most where we write it; what unpacks to more is none of ours. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** A value as the log tables keep it. */
export interface Packed {
  readonly bytes: Buffer | null
  readonly packed: boolean
}

/** Large records of JSON pack to a tenth, by Node's own zstd, outside of the JavaScript thread. */
export async function pack(value: string | Buffer | null): Promise<Packed> {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  if (bytes === null || bytes.length < PACKED_FROM_BYTES) return { bytes, packed: false }
  return { bytes: await zstd(bytes), packed: true }
}

export async function unpack(row: { value: Buffer | null; packed: boolean }): Promise<Buffer | null> {
  return row.packed && row.value !== null ? unzstd(row.value) : row.value
}

function zstd(bytes: Buffer): Promise<Buffer> {
  return compress(bytes, FASTEST)
}

export function unzstd(bytes: Buffer): Promise<Buffer> {
  return decompress(bytes, { maxOutputLength: UNPACKED_BYTES_MAX })
}
