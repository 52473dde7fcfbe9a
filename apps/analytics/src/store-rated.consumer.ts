import { randomUUID } from 'node:crypto'
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common'
import { Bus, type LogRecord, type PartitionBatch, type Sequences, type Subscription } from '@portitor/bus'
import { usageRatedTopic } from '@portitor/contracts'
import { HealthRegistry, Log } from '@portitor/service'
import { BlockLane } from './block-lane.ts'
import { BlocksStore, CONSUMER } from './blocks.store.ts'
import { type Block, cutRecords } from './cut-block.ts'
import { insertBlocks } from './insert-blocks.ts'
import type { RefusedUsage } from './judge-rated.ts'
import { RatedUsagesStore } from './rated-usages.store.ts'
import { settleBlock } from './settle-block.ts'
import { toDeadLetter } from './to-dead-letter.ts'

const TAKEN_OVER = 'another worker has taken over the partition'
const limits = { waitMsMax: 100, bytesMax: 4 * 1024 * 1024 }

/** usage.rated → ClickHouse, exactly once in effect: border written, block inserted, position moved, in that order. */
@Injectable()
export class StoreRatedConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: Subscription | undefined
  readonly #standings = new Map<number, { nextOffset: bigint; sequences: Sequences }>()
  readonly #lanes = new Map<number, BlockLane>()
  readonly #trouble = new Map<number, string>()
  readonly #halts = new Map<number, string>()

  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(BlocksStore) private readonly blocks: BlocksStore,
    @Inject(RatedUsagesStore) private readonly usages: RatedUsagesStore,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
    @Inject(Log) private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#subscription = await this.bus.consume({
      consumer: CONSUMER,
      topic: usageRatedTopic,
      partitionsAtOnceMax: this.bus.partitions,
      position: (partition) => this.standing(partition),
      handle: (batch) => this.handle(batch),
      failed: (partition, error) => {
        this.#standings.delete(partition)
        this.#trouble.set(partition, error.message)
        this.log.warn({ err: error, partition }, 'storing rated usage failed and is tried again')
      },
      halted: (partition, reason) => {
        this.#halts.set(partition, reason)
        this.log.error({ partition, reason }, 'storing rated usage has stopped: someone must look')
      },
    })
    this.health.register('analytics', async () => this.trouble())
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#subscription?.close()
  }

  trouble(): string | undefined {
    const lines = [...this.#halts, ...this.#trouble].map(
      ([partition, why]) => `${usageRatedTopic.name}/${partition}: ${why}`,
    )
    return lines.length === 0 ? undefined : lines.join('; ')
  }

  /** Settles what was left open in a partition, and says where to read on. */
  private async standing(partition: number): Promise<bigint | undefined> {
    this.#standings.delete(partition)
    const standing = await this.blocks.standing(partition)
    if (standing?.open === undefined) {
      if (standing !== undefined) this.#standings.set(partition, standing)
      return standing?.nextOffset
    }
    await this.blocks.hold([partition], () => this.settleOpen(partition))
    return this.standing(partition)
  }

  /** The block of a writer that is no more. One that still lived a moment ago has finished it, and nothing is open. */
  private async settleOpen(partition: number): Promise<void> {
    const standing = await this.blocks.standing(partition)
    if (standing?.open !== undefined)
      await this.settle(partition, standing.nextOffset, standing.sequences, standing.open)
  }

  private async settle(
    partition: number,
    from: bigint,
    sequences: Sequences,
    open: { id: string; lastOffset: bigint },
  ): Promise<void> {
    const [low, records] = [(await this.bus.ranges(usageRatedTopic))[partition]?.low ?? 0n, [] as LogRecord[]]
    // What is counted against half a block would look like rows too many, and be taken out.
    if (low > from) throw new Error(`the log begins at ${low}, but the block from ${from} on is not settled`)
    const stretch = new Map([[partition, { from, to: open.lastOffset + 1n }]])
    await this.bus.read(usageRatedTopic, stretch, (record) => records.push(record))
    const block = this.blockOf(
      partition,
      from,
      cutRecords({ records, lastOffset: open.lastOffset }, sequences),
      open.id,
    )
    await this.move([block], await settleBlock(this.usages, block))
    this.#trouble.delete(partition)
  }

  private async handle(batch: PartitionBatch): Promise<bigint | 'halt'> {
    const { partition, askedOffset } = batch
    if (!this.#standings.has(partition)) {
      await this.blocks.begin(partition, askedOffset)
      await this.standing(partition)
    }
    const standing = this.#standings.get(partition)
    if (standing?.nextOffset !== askedOffset) return standing?.nextOffset ?? askedOffset
    const cut = cutRecords(batch, standing.sequences)
    if (cut.gap && cut.nextOffset === askedOffset) return 'halt'
    const block = this.blockOf(partition, askedOffset, cut, randomUUID())
    if (block.records.length > 0) await this.laneOf(partition).add(block)
    else await this.skip(block)
    this.#standings.set(partition, { nextOffset: cut.nextOffset, sequences: cut.sequences })
    this.#trouble.delete(partition)
    return cut.nextOffset
  }

  /** Records that hold nothing new are passed over without a border. */
  private async skip({ partition, firstOffset, lastOffset, sequences }: Block): Promise<void> {
    const moved = await this.blocks.advance([{ partition, firstOffset, lastOffset, sequences }])
    if (moved.size === 0) throw new Error(TAKEN_OVER)
  }

  private blockOf(partition: number, firstOffset: bigint, cut: ReturnType<typeof cutRecords>, id: string): Block {
    const { records, sequences, nextOffset } = cut
    return { id, topic: usageRatedTopic.name, partition, firstOffset, lastOffset: nextOffset - 1n, records, sequences }
  }

  /**
   * Blocks that go together fail together. Where nobody else can reach the engine that is well: they are settled by this
   * process, one by one. On a server another worker may by then own some of the partitions, so there each goes alone,
   * under a token of its own.
   */
  private laneOf(partition: number): BlockLane {
    const key = this.usages.clickhouse.exclusive ? 0 : partition
    const lane = this.#lanes.get(key) ?? new BlockLane((blocks) => this.write(blocks), limits)
    this.#lanes.set(key, lane)
    return lane
  }

  private async write(blocks: readonly Block[]): Promise<void> {
    const partitions = blocks.map((block) => block.partition)
    await this.blocks.hold(partitions, () => this.writeHeld(blocks))
  }

  private async writeHeld(blocks: readonly Block[]): Promise<void> {
    const opened = await this.blocks.open(blocks)
    const mine = blocks.filter((block) => opened.has(block.partition))
    const refused = mine.length === 0 ? [] : await insertBlocks(this.usages, mine)
    await this.move(mine, refused)
    if (mine.length < blocks.length) throw new Error(TAKEN_OVER)
  }

  private async move(blocks: readonly Block[], refused: readonly RefusedUsage[]): Promise<void> {
    const rejectedAt = new Date().toISOString()
    const letters = refused.map((usage) => ({
      partition: usage.record.partition,
      message: toDeadLetter(usage, rejectedAt),
    }))
    const moved = await this.blocks.advance(blocks, letters)
    const lost = blocks.filter((block) => !moved.has(block.partition))
    // This one's session with Postgres had ended, so another worker settled the block; both inserts may have arrived.
    for (const block of lost) await this.blocks.hold([block.partition], () => settleBlock(this.usages, block))
    if (lost.length > 0) throw new Error(TAKEN_OVER)
  }
}
