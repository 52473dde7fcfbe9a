import type { UsageEvent } from '@portitor/metering'
import type { Peers } from '@portitor/service'
import { TakenIds } from './taken-ids.client.ts'

const event = (id: string) => ({ workspaceId: 'w', source: 'a b', id }) as UsageEvent
const asking = (answer: (id: string) => { status: number; body: unknown }) => {
  const asked: string[] = []
  const get = (service: string, path: string, headers: Record<string, string>) => {
    asked.push(`${service} ${path} ${headers['x-workspace-id']}`)
    return Promise.resolve().then(() => answer(new URLSearchParams(path.split('?')[1]).get('id') ?? ''))
  }
  return { asked, takenIds: new TakenIds({ get } as unknown as Peers) }
}

describe('TakenIds', () => {
  it.each([
    ['rated', 200, true],
    ['posted', 200, true],
    ['rejected', 200, false],
    [undefined, 404, true],
    [undefined, 500, false],
  ])('M-5 an event that is %s (%i) occupies its id: %p', async (status, code, expected) => {
    const { asked, takenIds } = asking(() => ({ status: code, body: { status } }))
    const taken = await takenIds.among(new Map([['key', event('x')]]))
    expect(taken.has('key')).toBe(expected)
    expect(asked).toEqual(['rating /api/v1/metering/events?source=a+b&id=x w'])
  })

  it('M-5 lets through what rating does not answer: it will see it in the log', async () => {
    const { takenIds } = asking(() => {
      throw new Error('away')
    })
    expect((await takenIds.among(new Map([['key', event('x')]]))).size).toBe(0)
  })

  it('asks a bounded number of questions, and none without a suspect', async () => {
    const { asked, takenIds } = asking(() => ({ status: 404, body: {} }))
    expect((await takenIds.among(new Map())).size).toBe(0)
    const many = new Map(Array.from({ length: 500 }, (_, index) => [`k${index}`, event(String(index))]))
    expect((await takenIds.among(many)).size).toBe(64)
    expect(asked).toHaveLength(64)
  })
})
