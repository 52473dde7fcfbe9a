import kafkajs from 'kafkajs'

const MEMO_MAX = 100_000

/** The partition of a key, as Kafka's Java clients compute it (murmur2), so that customers' producers and ours agree. */
export function createPartitioner(partitions: number): (key: string) => number {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 0,
    replicas: [],
    isr: [],
  }))
  const memo = new Map<string, number>()
  return (key) => {
    let partition = memo.get(key)
    if (partition === undefined) {
      partition = partitioner({ topic: 'portitor', partitionMetadata, message: { key, value: null } })
      if (memo.size >= MEMO_MAX) memo.clear()
      memo.set(key, partition)
    }
    return partition
  }
}
