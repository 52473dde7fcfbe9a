import kafkajs from 'kafkajs'

const EVENTS_PER_RECORD = 500
/** All may be of one partition, where they make one batch of at most 1 MiB. */
const RECORDS_PER_SEND = 4

/** Partition of a workspace, as the services compute it. */
function partitioner(partitions: number): (key: string) => number {
  const of = kafkajs.Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 0,
    replicas: [],
    isr: [],
  }))
  return (key) => of({ topic: 'bench', partitionMetadata, message: { key, value: null } })
}

export interface Fill {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly partitions: number
  readonly workspaces: readonly string[]
  readonly from: number
  readonly to: number
  /** The value of a record with these events, and its headers. */
  encode(rows: readonly { row: number; workspace: string }[]): string
  headers(partition: number, sequence: number): Record<string, string>
  /** Number of records that every partition has already, advanced in place. */
  readonly sequences: number[]
}

/** Fills a topic as the services do: packed per target partition. */
export async function fillTopic(fill: Fill): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...fill.brokers], logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const partitionOf = partitioner(fill.partitions)
  const pending: { row: number; workspace: string }[][] = Array.from({ length: fill.partitions }, () => [])
  let messages: kafkajs.Message[] = []
  const flush = async () => {
    if (messages.length > 0) await producer.send({ topic: fill.topic, messages, acks: -1 })
    messages = []
  }
  const close = (partition: number) => {
    const rows = pending[partition]!.splice(0)
    if (rows.length === 0) return
    const sequence = fill.sequences[partition]!
    fill.sequences[partition] = sequence + 1
    messages.push({ partition, value: fill.encode(rows), headers: fill.headers(partition, sequence) })
  }
  for (let row = fill.from; row < fill.to; row += 1) {
    const workspace = fill.workspaces[row % fill.workspaces.length]!
    const partition = partitionOf(workspace)
    pending[partition]!.push({ row, workspace })
    if (pending[partition]!.length >= EVENTS_PER_RECORD) close(partition)
    if (messages.length >= RECORDS_PER_SEND) await flush()
  }
  for (let partition = 0; partition < fill.partitions; partition += 1) close(partition)
  await flush()
  await producer.disconnect()
}
