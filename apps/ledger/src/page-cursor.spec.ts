import { fromCursor, toCursor } from './page-cursor.ts'

const id = '018bcfe5-6800-8ea8-a1a6-3b1f0d2f5f8b'
const encode = (text: string) => Buffer.from(text).toString('base64url')

describe('cursors', () => {
  it('L-8 brings back the place they were made of', () => {
    expect(fromCursor('transfer', toCursor('transfer', id))).toEqual([id])
    expect(fromCursor('account', toCursor('account', id, 'USD', 'cogs:a:b\nc'))).toEqual([id, 'USD', 'cogs:a:b\nc'])
    expect(fromCursor('run', toCursor('run', '12'))).toEqual(['12'])
  })

  it('L-8 refuses what is no cursor of the list with 400 naming the field', () => {
    const wrong = [
      '',
      'x',
      '%%%',
      encode('transfer:'),
      encode(`transfer:${id}x`),
      encode(`transfer:${id}' or 1=1`),
      toCursor('run', '1'),
    ]
    for (const cursor of wrong) {
      expect(() => fromCursor('transfer', cursor)).toThrow(
        expect.objectContaining({ code: 'cursor.malformed', status: 400 }),
      )
    }
    expect(() => fromCursor('account', encode(`account:${id}:USD:a\0b`))).toThrow()
    expect(() => fromCursor('run', encode('run:99999999999999999999'))).toThrow()
  })
})
