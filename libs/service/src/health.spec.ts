import { createLog, HealthRegistry } from './index.ts'

const log = createLog({ name: 'spec', level: 'silent' })

describe('HealthRegistry', () => {
  it('counts a check that gives no answer in time as not ready', async () => {
    const registry = new HealthRegistry(log, 20)
    registry.register('slow', () => new Promise(() => undefined))
    registry.register('good', () => Promise.resolve(undefined))
    expect(await registry.unready()).toEqual([{ name: 'slow', reason: 'no answer within 20 ms' }])
  })

  it('is not ready once it is draining, whatever the checks say', async () => {
    const registry = new HealthRegistry(log)
    expect(await registry.unready()).toEqual([])
    registry.drain()
    expect(await registry.unready()).toEqual([{ name: 'shutdown', reason: 'the service is stopping' }])
  })

  it('O-1 waits until everything is ready, and says what is not when it has waited long enough', async () => {
    const registry = new HealthRegistry(log)
    let reason: string | undefined = 'still being read'
    registry.register('cache', () => Promise.resolve(reason))
    await expect(registry.ready(0)).rejects.toThrow('not ready after 0 s: cache (still being read)')
    const ready = registry.ready(60_000)
    reason = undefined
    await expect(ready).resolves.toBeUndefined()
  })

  it('refuses two checks of one name, as one would hide the other', () => {
    const registry = new HealthRegistry(log)
    registry.register('bus', () => Promise.resolve(undefined))
    expect(() => registry.register('bus', () => Promise.resolve(undefined))).toThrow('bus is registered twice')
  })
})
