import type { LogRecord } from '@portitor/bus'
import {
  HEARTBEAT_AGE_MS_MAX,
  IDENTITY_PARTITION,
  identityChangedSchema,
  identityChangedTopic,
} from '@portitor/contracts'
import { Database } from '@portitor/postgres'
import { createLog } from '@portitor/service'
import { describeWith, until } from '@portitor/testing'
import { HeartbeatJob } from './heartbeat.job.ts'
import { type IdentityWorld, openIdentity } from '../identity-world.fixture.ts'

describeWith(['postgres'], 'the heartbeat', () => {
  let world: IdentityWorld
  beforeAll(async () => {
    world = await openIdentity()
  })
  afterAll(() => world.close())

  it('I-3 comes often enough for every guard, all in the partition of identity records', async () => {
    const seen: LogRecord[] = []
    const follower = await world.bus.follow(identityChangedTopic, 'spec', (record) => void seen.push(record))
    await until(() => seen.length > 12)
    await follower.close()
    const beats = seen.flatMap((record) => {
      const changed = identityChangedSchema.parse(JSON.parse(record.value!.toString()))
      if (changed.kind !== 'heartbeat') return []
      expect([record.key, record.partition]).toEqual(['heartbeat', IDENTITY_PARTITION])
      return [Date.parse(changed.at)]
    })
    const gaps = beats.slice(1).map((at, n) => at - beats[n]!)
    expect(gaps.every((gap) => gap > 0)).toBe(true)
    // The middle one of a dozen: a machine that stalls now and then makes single gaps as long as it likes.
    const middle = gaps.toSorted((left, right) => left - right)[gaps.length >> 1]!
    expect(middle).toBeLessThan(HEARTBEAT_AGE_MS_MAX)
  })

  it('I-3 says once that it cannot be published, and that it is again', async () => {
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) }
    const database = new Database({ url: world.url, connectionsMax: 1, applicationName: 'spec' })
    let broken = true
    let tries = 0
    const bus = Object.create(world.bus, {
      publish: {
        value: (...sent: Parameters<typeof world.bus.publish>) => {
          tries += 1
          return broken ? Promise.reject(new Error('the log is broken')) : world.bus.publish(...sent)
        },
      },
      committed: { value: () => undefined },
    }) as typeof world.bus
    const job = new HeartbeatJob(database, bus, createLog({ name: 'spec', level: 'info', destination }))
    job.onApplicationBootstrap()
    await until(() => tries >= 3)
    broken = false
    await until(() => tries >= 6)
    await job.beforeApplicationShutdown()
    await database.close()
    expect(lines).toEqual([
      'heartbeats cannot be published: guards ask for every call',
      'heartbeats are published again',
    ])
  })
})
