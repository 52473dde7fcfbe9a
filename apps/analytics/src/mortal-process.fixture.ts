import { usageRatedTopic } from '@portitor/contracts'
import { log, newHealth, type World } from './analytics-world.fixture.ts'
import { type Advance, BlocksStore, type Letter } from './blocks.store.ts'
import { type Block, tokenOf } from './cut-block.ts'
import { linesOf } from './rated-lines.ts'
import { ratedUsage } from './rated-usage.fixture.ts'
import { RatedUsagesStore } from './rated-usages.store.ts'
import { StoreRatedConsumer } from './store-rated.consumer.ts'

/** Where a process dies: the step it is at, and what its last insert came to. */
export const deaths = [
  'before the border',
  'after the border',
  'with a month of the block inserted',
  'with everything inserted',
  'with everything inserted twice',
  'with the token noted and nothing inserted',
  'before the position moves',
  'after the position moved',
] as const
export type Death = (typeof deaths)[number]

/** Stores that stop answering once the process is dead. */
export function mortal(world: World, death: Death | undefined) {
  const life = { dead: false }
  const at = (step: Death) => {
    if (death !== step) return
    life.dead = true
  }
  const living = () => {
    if (life.dead) throw new Error('killed')
  }
  const store = new RatedUsagesStore(world.clickhouse)
  class Blocks extends BlocksStore {
    override async open(blocks: readonly Block[]) {
      at('before the border')
      living()
      const opened = await super.open(blocks)
      at('after the border')
      if (death === 'with a month of the block inserted') {
        for (const block of blocks)
          await store.insert(linesOf([{ ...block, records: block.records.slice(0, 1) }]), undefined)
        life.dead = true
      }
      if (death === 'with everything inserted twice') {
        for (let times = 0; times < 2; times += 1) await store.insert(linesOf(blocks), undefined)
        life.dead = true
      }
      if (death === 'with the token noted and nothing inserted') {
        for (const block of blocks) await store.insert(linesOf([strange(block)]), tokenOf(block))
        life.dead = true
      }
      living()
      return opened
    }
    override async advance(steps: readonly Advance[], letters?: readonly Letter[]) {
      at('before the position moves')
      living()
      const moved = await super.advance(steps, letters)
      at('after the position moved')
      living()
      return moved
    }
    override async standing(partition: number) {
      living()
      return super.standing(partition)
    }
    override async begin(partition: number, offset: bigint) {
      living()
      return super.begin(partition, offset)
    }
  }
  class Usages extends RatedUsagesStore {
    override async insert(lines: Uint8Array, token: string | undefined) {
      living()
      await super.insert(lines, token)
      at('with everything inserted')
      living()
    }
  }
  const consumer = new StoreRatedConsumer(
    world.bus,
    new Blocks(world.database, world.bus),
    new Usages(world.clickhouse),
    newHealth(),
    log,
  )
  return { consumer, life }
}

export const strangers = '0199c1d2-0000-7000-8000-00000000dead'
/** A block that is none of ours, in the same months. */
function strange(block: Block): Block {
  const events = ['2026-03-04T05:06:07.000Z', '2026-04-04T05:06:07.000Z'].map((time) =>
    ratedUsage({ workspace_id: strangers, time, price_nanos: '0', cost_nanos: '0' }),
  )
  const [record] = block.records
  return { ...block, id: strangers, records: [{ ...record!, value: Buffer.from(JSON.stringify({ events })) }] }
}

/** The log of the world, with the numbers of the messages' own headers. */
export function relayed(world: World) {
  const { bus } = world
  return new Proxy(bus, {
    get(target, name: keyof typeof bus) {
      if (name !== 'consume')
        return typeof target[name] === 'function'
          ? (target[name] as (...args: unknown[]) => unknown).bind(target)
          : target[name]
      return (options: Parameters<typeof bus.consume>[0]) =>
        bus.consume({
          ...options,
          handle: async (batch) => {
            const { rows } = await world.database.query<{ record_offset: bigint; headers: string }>(
              'select record_offset, headers from bus.records where topic = $1 and partition = $2',
              [usageRatedTopic.name, batch.partition],
            )
            const headers = new Map(
              rows.map((row) => [row.record_offset, JSON.parse(row.headers) as Record<string, string>]),
            )
            return options.handle({
              ...batch,
              records: batch.records.map((record) => ({ ...record, headers: headers.get(record.offset)! })),
            })
          },
        })
    },
  })
}
