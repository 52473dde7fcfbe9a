import { compressionsAlgorithms } from '@platformatic/kafka'
import kafkajs from 'kafkajs'
import { unzstd } from '../packing.ts'

/**
 * Teaches kafkajs, which knows gzip only, to read what producers may write: zstd (ours), snappy (raw and in Java's frames)
 * and lz4. It writes nothing itself. A batch it cannot unpack would stop its partition.
 */
export function learnCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  const reads = (decompress: (bytes: Buffer) => Promise<Buffer>) => () => ({
    compress: () => Promise.reject(new Error('nothing is written with kafkajs')),
    decompress,
  })
  const { snappy, lz4 } = compressionsAlgorithms
  CompressionCodecs[CompressionTypes.ZSTD] = reads(unzstd)
  CompressionCodecs[CompressionTypes.Snappy] = reads(async (bytes) => snappy.decompressSync(bytes))
  CompressionCodecs[CompressionTypes.LZ4] = reads(async (bytes) => lz4.decompressSync(bytes))
}
