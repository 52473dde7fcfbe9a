/** A line of docs/features.md. */
export interface Feature {
  readonly id: string
  readonly state: string
  readonly tests: readonly NamedTest[]
}

export interface NamedTest {
  readonly title: string
  readonly file: string
}

/** The tests that a page names, as a title and, in parentheses, a file. */
export function namedTests(page: string): NamedTest[] {
  const pairs = [...page.matchAll(/`([^`]+)` \(`([^`]+\.spec\.ts)`\)/g)]
  return pairs.map(([, title, file]) => ({ title: title!.replaceAll('\\|', '|'), file: file! }))
}

/** The lines of its tables that begin with an id of the specification. */
export function featuresOf(page: string): Feature[] {
  const lines = page.split('\n').map((line) => /^\| ([A-Z]{1,2}-\d+) +\| .*? \| (.*)$/.exec(line))
  return lines.flatMap((line) =>
    line === null ? [] : [{ id: line[1]!, state: line[2]!, tests: namedTests(line[2]!) }],
  )
}

/** The ids of the specification that a spec file has tests for: those at the beginning of a title. */
export function idsInTitles(source: string): string[] {
  const titles = [...source.matchAll(/\(\s*['"`]((?:[A-Z]{1,2}-\d+ )+)/g)]
  return titles.flatMap(([, ids]) => ids!.trim().split(' '))
}
