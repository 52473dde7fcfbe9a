import { BookInvalid, type MatchClause } from './charge.ts'
import { compileMatch } from './match-clause.ts'

describe('match clauses', () => {
  it.each<[MatchClause, string, boolean]>([
    [{ equals: 'GPT-4o' }, 'gpt-4o', true],
    [{ equals: 'gpt-4o' }, 'gpt-4o-mini', false],
    [{ starts_with: 'GPT-' }, 'gpt-4o', true],
    [{ ends_with: '-Mini' }, 'gpt-4o-mini', true],
    [{ contains: '4O' }, 'gpt-4o-mini', true],
    [{ contains: 'claude' }, 'gpt-4o', false],
    [{ regex: '^gpt-5\\.4-\\d{4}-\\d{2}-\\d{2}$' }, 'gpt-5.4-2026-01-01', true],
    [{ regex: '^gpt-5\\.4-\\d{4}-\\d{2}-\\d{2}$' }, 'gpt-5.4-mini', false],
    [{ regex: '^(?!.*-[tT][tT][sS](?:$|-))' }, 'gpt-4o-tts', false],
    [{ regex: '^composer-2\\.5\\[fast=true\\]$' }, 'composer-2.5[fast=true]', true],
    [{ and: [{ starts_with: 'gpt' }, { ends_with: 'mini' }] }, 'gpt-4o-mini', true],
    [{ and: [{ starts_with: 'gpt' }, { ends_with: 'mini' }] }, 'gpt-4o', false],
    [{ or: [{ equals: 'a' }, { equals: 'b' }] }, 'b', true],
    [{ or: [{ equals: 'a' }, { and: [{ contains: 'c' }] }] }, 'b', false],
  ])('R-4 %j on %s: %p', (clause, name, expected) => {
    expect(compileMatch(clause)(name)).toBe(expected)
  })

  it('R-4 a pattern never sees a name of more than 256 characters', () => {
    const matches = compileMatch({ regex: '^x' })
    expect(matches('x'.repeat(256))).toBe(true)
    expect(matches('x'.repeat(257))).toBe(false)
  })

  it.each(['(a+)+$', '(?:a|a)*b', '(\\w+\\s?){5,}', '(a)\\1', '.*.*.*x', 'a{1,}b{2,}c{3,}', '(', 'x'.repeat(257)])(
    'R-4 a pattern that is wrong or could run away is refused with the book: %s',
    (regex) => {
      expect(() => compileMatch({ or: [{ equals: 'a' }, { regex }] })).toThrow(BookInvalid)
      expect(() => compileMatch({ or: [{ equals: 'a' }, { regex }] })).toThrow(/^match\.or\.1\.regex: /)
    },
  )
})
