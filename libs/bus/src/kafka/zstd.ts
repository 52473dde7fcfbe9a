import kafkajs from 'kafkajs'
import { unzstd, zstd } from '../packing.ts'

/**
 * Teaches kafkajs the one compression that pays here: usage is JSON that packs to a tenth or less, and kafkajs copies and sums
 * every byte it sends several times in JavaScript.
 */
export function useZstd(): kafkajs.CompressionTypes {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: (encoder: { buffer: Buffer }) => zstd(encoder.buffer),
    decompress: unzstd,
  })
  return kafkajs.CompressionTypes.ZSTD
}
