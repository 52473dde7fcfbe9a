import { answerRequest } from './answer-request.ts'
import type { Verdict } from './settle-duplicates.ts'

const accepted: Verdict = { id: 'a', status: 'accepted' }
const duplicate: Verdict = { id: 'b', status: 'duplicate' }
const rejected = (code: string, field?: string): Verdict => ({
  id: null,
  status: 'rejected',
  rejected: { code, ...(field === undefined ? {} : { field }), detail: 'expected …' },
})

describe('answerRequest', () => {
  it('M-6 lists what became of each event', () => {
    expect(answerRequest([accepted, rejected('quantity.malformed', 'data.units'), duplicate])).toEqual({
      answer: {
        accepted: 1,
        duplicates: 1,
        rejected: 1,
        results: [
          { index: 0, id: 'a', status: 'accepted' },
          {
            index: 1,
            id: null,
            status: 'rejected',
            code: 'quantity.malformed',
            field: 'data.units',
            detail: 'expected …',
          },
          { index: 2, id: 'b', status: 'duplicate' },
        ],
      },
      refusal: undefined,
    })
  })

  it.each([
    ['quantity.malformed', 400],
    ['meter.unknown', 400],
    ['event.id_conflict', 409],
    ['event.too_large', 413],
  ])('M-6 answers the status of the first rejection where nothing else happened: %s → %i', (code, status) => {
    expect(answerRequest([rejected(code), rejected('time.malformed')]).refusal).toMatchObject({
      code,
      status,
      index: 0,
    })
    expect(answerRequest([rejected(code), duplicate]).refusal).toBeUndefined()
  })
})
