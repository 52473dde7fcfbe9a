import { isUnavailable } from './unavailable.ts'

const coded = (code: string) => Object.assign(new Error('x'), { code })

describe('isUnavailable', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03', '53300', '08006', '40001', '40P01'])(
    'tells %s from a bug, also as a cause',
    (code) => {
      expect(isUnavailable(coded(code))).toBe(true)
      expect(isUnavailable(new Error('query failed', { cause: coded(code) }))).toBe(true)
    },
  )

  it('knows the words of a connection pool', () => {
    expect(isUnavailable(new Error('Connection terminated unexpectedly'))).toBe(true)
    expect(isUnavailable(new Error('timeout exceeded when trying to connect'))).toBe(true)
    expect(isUnavailable(new Error('Query read timeout'))).toBe(true)
  })

  it('takes everything else for a bug', () => {
    for (const error of [
      coded('23505'),
      coded('42P01'),
      coded('57014'),
      new TypeError('x is not a function'),
      'text',
      undefined,
      null,
    ])
      expect(isUnavailable(error)).toBe(false)
  })

  it('ends on errors that cause each other', () => {
    const first = new Error('first')
    first.cause = new Error('second', { cause: first })
    expect(isUnavailable(first)).toBe(false)
  })
})
