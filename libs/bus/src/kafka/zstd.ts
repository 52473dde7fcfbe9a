import kafkajs from 'kafkajs'
import { unzstd } from '../packing.ts'

/** Teaches kafkajs to read what our own producers write; it never writes itself. */
export function learnZstd(): void {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: () => Promise.reject(new Error('nothing is written with kafkajs')),
    decompress: unzstd,
  })
}
