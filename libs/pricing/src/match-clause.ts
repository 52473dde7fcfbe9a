import { BookInvalid, type MatchClause } from './charge.ts'

/** Longer names match nothing: it bounds the work of a pattern and the memory of a memo. */
export const nameLengthMax = 256
const patternLengthMax = 256
const openQuantifiersMax = 2

/** Judges a name that is already in lower case. */
export type NameMatcher = (name: string) => boolean

/** Compiles a clause once; every text in it is compared in lower case. Throws `BookInvalid` on a pattern that is wrong or could run away. */
export function compileMatch(clause: MatchClause, field = 'match'): NameMatcher {
  if ('equals' in clause) return equalTo(clause.equals.toLowerCase())
  if ('starts_with' in clause) return startingWith(clause.starts_with.toLowerCase())
  if ('ends_with' in clause) return endingWith(clause.ends_with.toLowerCase())
  if ('contains' in clause) return containing(clause.contains.toLowerCase())
  if ('regex' in clause) return matching(compilePattern(clause.regex, field))
  if ('and' in clause) {
    const all = clause.and.map((part, index) => compileMatch(part, `${field}.and.${index}`))
    return (name) => all.every((matches) => matches(name))
  }
  const any = clause.or.map((part, index) => compileMatch(part, `${field}.or.${index}`))
  return (name) => any.some((matches) => matches(name))
}

const equalTo =
  (text: string): NameMatcher =>
  (name) =>
    name === text
const startingWith =
  (text: string): NameMatcher =>
  (name) =>
    name.startsWith(text)
const endingWith =
  (text: string): NameMatcher =>
  (name) =>
    name.endsWith(text)
const containing =
  (text: string): NameMatcher =>
  (name) =>
    name.includes(text)
const matching =
  (pattern: RegExp): NameMatcher =>
  (name) =>
    name.length <= nameLengthMax && pattern.test(name)

/**
 * JavaScript's patterns backtrack, and a repeated group or a third open repetition can take longer than the universe on a
 * name a customer chose. Real catalogues need neither, so they are refused when the book is compiled.
 */
function compilePattern(source: string, field: string): RegExp {
  const bare = source.replace(/\\[^1-9k]/g, 'x').replace(/\[[^\]]*\]/g, 'x')
  const open = bare.match(/[*+]|\{\d*,\d*\}/g)?.length ?? 0
  if (source.length > patternLengthMax || /\)[*+{]/.test(bare) || bare.includes('\\') || open > openQuantifiersMax)
    throw new BookInvalid(
      `${field}.regex`,
      `could take too long: at most ${patternLengthMax} characters and ${openQuantifiersMax} open repetitions, no repeated group, no back-reference`,
    )
  try {
    return new RegExp(source, 'i')
  } catch (error) {
    throw new BookInvalid(`${field}.regex`, (error as Error).message)
  }
}
