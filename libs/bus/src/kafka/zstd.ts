import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'

/** A broker's own limit is 1 MiB; a batch that unpacks to more than this is not one of usage. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * Teaches kafkajs the one compression that pays here: usage is JSON that packs to a tenth, and kafkajs copies and sums
 * every byte it sends several times in JavaScript. Node's own zstd works outside of the JavaScript thread.
 */
export function useZstd(): kafkajs.CompressionTypes {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer, FASTEST),
    decompress: (packed: Buffer) => decompress(packed, { maxOutputLength: UNPACKED_BYTES_MAX }),
  })
  return kafkajs.CompressionTypes.ZSTD
}
