import type { Topic } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import { describeWith, freshDatabase, until } from '@portitor/testing'
import { appendToLog } from './log-tables.ts'
import type { LogRecord, OutgoingMessage } from './bus.ts'
import { busMigrations } from './migrations.ts'
import { startRelay } from './relay.ts'
import { acceptSequence } from './sequences.ts'
import { Signal } from './signal.ts'

const topic: Topic = { name: 'test.relayed', compacted: false }

describeWith(['postgres'], 'the relay', () => {
  let database: Database
  let drop: () => Promise<void>
  beforeEach(async () => {
    const fresh = await freshDatabase()
    await migrate(fresh.url, 'bus', busMigrations)
    database = new Database({ url: fresh.url, connectionsMax: 4, applicationName: 'relay' })
    drop = fresh.drop
  })
  afterEach(async () => {
    await database.close()
    await drop()
  })

  const publish = (from: number, to: number) =>
    database.transaction(async (tx) => {
      const messages = Array.from({ length: to - from }, (_, n) => ({
        topic,
        partition: (from + n) % 3,
        key: null,
        value: String(from + n),
      }))
      await appendToLog(tx, 'service', messages, () => 0)
    })
  /** What a consumer takes of what arrived, with the drops that its sequences decide. */
  const taken = (arrived: OutgoingMessage[]) => {
    const sequences = [{}, {}, {}]
    const values: string[] = []
    for (const [offset, message] of arrived.entries()) {
      const record = {
        ...message,
        topic: topic.name,
        offset: BigInt(offset),
        timestampMs: 0,
        headers: message.headers ?? {},
      }
      const verdict = acceptSequence(sequences[message.partition!]!, record as unknown as LogRecord)
      if (verdict === 'gap') throw new Error(`a gap at ${message.value!.toString()}`)
      if (verdict === 'take') values.push(message.value!.toString())
    }
    return values.sort((a, b) => Number(a) - Number(b))
  }

  // A relay that dies has done any prefix of: read, send some, send all, trim. The next one starts at the oldest untrimmed record.
  for (const step of ['before sending', 'after sending a part', 'after sending, before trimming']) {
    it(`L-4 killed ${step}, again and again, it loses nothing and its resends are dropped`, async () => {
      const arrived: OutgoingMessage[] = []
      let kills = 5
      const signal = new Signal()
      const target = {
        connect: async () => undefined,
        disconnect: async () => undefined,
        alarm: () => undefined,
        send: async (messages: OutgoingMessage[]) => {
          const die = kills-- > 0
          if (die && step === 'before sending') throw new Error('killed')
          arrived.push(...(die && step === 'after sending a part' ? messages.slice(0, messages.length >> 1) : messages))
          if (die) throw new Error('killed')
        },
      }
      await publish(0, 50)
      // Each failure ends the relay's session; it comes back as a new process would, with nothing remembered.
      const relay = startRelay(database, 'service', signal, target)
      for (let from = 50; from < 500; from += 50) {
        await publish(from, from + 50)
        signal.wake()
      }
      const left = async () => (await database.query('select 1 from bus.records')).rowCount
      await until(async () => (await left()) === 0)
      await relay.close()
      expect(taken(arrived)).toEqual(Array.from({ length: 500 }, (_, n) => String(n)))
    })
  }

  it('L-4 two relays of one service: only the holder of the lock sends', async () => {
    const arrived: string[] = []
    const open = (name: string) =>
      startRelay(database, 'service', new Signal(), {
        connect: async () => undefined,
        disconnect: async () => undefined,
        alarm: () => undefined,
        send: async (messages) => void arrived.push(...messages.map(() => name)),
      })
    const first = open('first')
    await publish(0, 1)
    await until(() => arrived.length === 1, 'the first relay taking the lock')
    const second = open('second')
    await publish(1, 20)
    await until(() => arrived.length >= 20)
    // The second has had the time to send what it must not.
    await new Promise((resolve) => setTimeout(resolve, 500))
    await first.close()
    await publish(20, 30)
    await until(() => arrived.length >= 30)
    await second.close()
    expect([
      arrived.filter((name) => name === 'first').length,
      arrived.filter((name) => name === 'second').length,
    ]).toEqual([20, 10])
  })
})
