import { isReached, readCut } from './totals-cut.ts'

describe('the cut of a reconciliation', () => {
  it('L-11 is read as a sequence per partition', () => {
    expect([...readCut('0:123,11:0')]).toEqual([
      [0, 123n],
      [11, 0n],
    ])
    expect(readCut('').size).toBe(0)
  })

  it('L-11 is reached when every partition of it is stored up to its sequence', () => {
    const stored = readCut('0:5,1:7')
    for (const cut of ['', '0:5', '1:0,0:5', '0:5,1:7'])
      expect([cut, isReached(stored, readCut(cut))]).toEqual([cut, true])
    for (const cut of ['0:6', '0:5,1:8', '2:0']) expect([cut, isReached(stored, readCut(cut))]).toEqual([cut, false])
  })
})
