import { createTurns } from './in-turn.ts'

function steps() {
  const begun: string[] = []
  const ends = new Map<string, PromiseWithResolvers<void>>()
  const work = (name: string) => () => {
    begun.push(name)
    const end = Promise.withResolvers<void>()
    ends.set(name, end)
    return end.promise
  }
  return { begun, ends, work }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('sending in turn', () => {
  it('M-5 begins a send only when the one before is settled, also when that one has failed', async () => {
    const inTurn = createTurns()
    const { begun, ends, work } = steps()
    const first = inTurn(work('first'))
    const second = inTurn(work('second'))
    await turn()
    expect(begun).toEqual(['first'])
    ends.get('first')!.reject(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    await turn()
    expect(begun).toEqual(['first', 'second'])
    ends.get('second')!.resolve()
    await second
  })

  it('M-11 does not send what has waited beyond its time, and goes on with the next', async () => {
    let nowMs = 0
    const inTurn = createTurns(() => nowMs)
    const { begun, ends, work } = steps()
    const first = inTurn(work('first'), 10)
    const late = inTurn(work('late'), 10)
    const third = inTurn(work('third'), 30)
    await turn()
    nowMs = 20
    ends.get('first')!.resolve()
    await first
    await expect(late).rejects.toThrow('not confirmed yet')
    await turn()
    expect(begun).toEqual(['first', 'third'])
    ends.get('third')!.resolve()
    await third
  })
})
