import type { OutgoingMessage } from '@portitor/bus'
import { GroupAppend, type GroupAppendLimits, LogBusy, LogSlow } from './group-append.ts'
import type { EncodedEvent } from './pack-records.ts'

const limits: GroupAppendLimits = {
  eventsQueuedMax: 10,
  bytesQueuedMax: 1_000,
  eventsPerAppendMax: 4,
  bytesPerAppendMax: 500,
  appendsAtOnceMax: 1,
  waitMsMax: 60_000,
}
const events = (count: number, bytes = 1): EncodedEvent[] =>
  Array.from({ length: count }, () => ({ workspaceId: 'w', text: '1', bytes }))

/** A log that confirms when it is told to. */
function slowLog() {
  const appends: { events: number; confirm(): void; fail(error: Error): void }[] = []
  const bus = {
    partitionOf: () => 0,
    append: (messages: readonly OutgoingMessage[]) =>
      new Promise<void>((resolve, reject) => {
        const count = messages.reduce((sum, { value }) => sum + (JSON.parse(value as string) as unknown[]).length, 0)
        appends.push({ events: count, confirm: resolve, fail: reject })
      }),
  }
  return { bus, appends }
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('GroupAppend', () => {
  it('M-5 resolves only when the log has confirmed', async () => {
    const { bus, appends } = slowLog()
    const log = new GroupAppend(bus, limits)
    let settled = false
    const appended = log.append(events(2)).then(() => (settled = true))
    await turn()
    expect(settled).toBe(false)
    appends[0]!.confirm()
    await appended
    expect(log.load).toEqual({ events: 0, bytes: 0 })
  })

  it('M-5 rejects for everyone in the group when the log fails, and goes on with the next', async () => {
    const { bus, appends } = slowLog()
    const log = new GroupAppend(bus, limits)
    const both = Promise.allSettled([log.append(events(1)), log.append(events(1))])
    await turn()
    appends[0]!.fail(new Error('gone'))
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const next = log.append(events(1))
    await turn()
    appends[1]!.confirm()
    await next
  })

  it('makes one append of what arrives together, and of what gathers while one is on its way', async () => {
    const { bus, appends } = slowLog()
    const log = new GroupAppend(bus, limits)
    const all = [log.append(events(1)), log.append(events(1))]
    await turn()
    all.push(log.append(events(1)), log.append(events(2)), log.append(events(2)))
    await turn()
    expect(appends.map((append) => append.events)).toEqual([2])
    appends[0]!.confirm()
    await turn()
    // Four at most in one append, and no request is divided.
    expect(appends.map((append) => append.events)).toEqual([2, 3])
    appends[1]!.confirm()
    await turn()
    appends[2]!.confirm()
    await Promise.all(all)
    expect(appends.map((append) => append.events)).toEqual([2, 3, 2])
  })

  it('sends a request larger than a group alone', async () => {
    const { bus, appends } = slowLog()
    const log = new GroupAppend(bus, limits)
    const large = log.append(events(9))
    await turn()
    appends[0]!.confirm()
    await large
    expect(appends[0]!.events).toBe(9)
  })

  it('M-11 turns away what is beyond its bounds of events and bytes, and nothing of it is taken', async () => {
    const { bus, appends } = slowLog()
    const log = new GroupAppend(bus, limits)
    const first = log.append(events(8))
    await expect(log.append(events(3))).rejects.toBeInstanceOf(LogBusy)
    await expect(log.append(events(1, 993))).rejects.toBeInstanceOf(LogBusy)
    await turn()
    // What is on its way counts too, until the log has confirmed.
    await expect(log.append(events(3))).rejects.toBeInstanceOf(LogBusy)
    appends[0]!.confirm()
    await first
    const second = log.append(events(3))
    await turn()
    appends[1]!.confirm()
    await second
  })

  it('M-11 tells a request that has waited too long, and does not send what is still queued', async () => {
    const { bus, appends } = slowLog()
    const log = new GroupAppend(bus, { ...limits, waitMsMax: 50 })
    const onItsWay = log.append(events(2))
    await turn()
    const queued = log.append(events(3))
    await expect(onItsWay).rejects.toBeInstanceOf(LogSlow)
    await expect(queued).rejects.toBeInstanceOf(LogSlow)
    expect(log.load.events).toBe(2)
    appends[0]!.confirm()
    await log.drain()
    expect(appends).toHaveLength(1)
    expect(log.load).toEqual({ events: 0, bytes: 0 })
  })

  it('O-6 drains: resolves when nothing waits and nothing is on its way', async () => {
    const { bus, appends } = slowLog()
    const log = new GroupAppend(bus, limits)
    await log.drain()
    const appended = log.append(events(1))
    let drained = false
    const draining = log.drain().then(() => (drained = true))
    await turn()
    expect(drained).toBe(false)
    appends[0]!.confirm()
    await Promise.all([appended, draining])
  })

  it('has nothing to do for no events', async () => {
    const { bus, appends } = slowLog()
    await new GroupAppend(bus, limits).append([])
    expect(appends).toHaveLength(0)
  })
})
