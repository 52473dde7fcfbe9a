/** What names a code where it is made: a call that refuses, a member `code`, or an entry of a table of refusals. */
const makers = [
  /\b(?:\w*[rR]eject\w*|\w*[rR]efus\w*|unavailable|unauthenticated|forbidden|new ProblemException)\(\s*(?:[\w.]+,\s*)?'([a-z0-9_]+\.[a-z0-9_]+)'/g,
  /\[\s*\d{3},\s*'([a-z0-9_]+\.[a-z0-9_]+)'/g,
]
const literal = /'([a-z0-9_]+\.[a-z0-9_]+)'/g
/** `id.missing`, `source.missing` …, and `book.rejected`, `plan.rejected` … are one template each in the source. */
const templates = [
  { template: /\breject\(`\$\{name\}\.([a-z_]+)`/g, names: ['id', 'source', 'type'] },
  {
    template: /\b(?:refused|new ProblemException)\(\s*(?:\d{3},\s*)?`\$\{noun\}\.([a-z_]+)`/g,
    names: ['book', 'plan'],
  },
]
/** Codes of transfers, which are no errors. */
const notErrors = new Set(['usage.price', 'usage.cost'])

/** The error codes that a source file makes. Constants, so that a code can be found by its text. */
export function errorCodesOf(source: string): Set<string> {
  const codes = makers.flatMap((maker) => [...source.matchAll(maker)].map(([, code]) => code!))
  const lines = source
    .split('\n')
    .filter((line) => /\bcode\b['"]?\s*[:=]/.test(line) || /^\s*'[a-z0-9_.]+': \['/.test(line))
  const members = lines.flatMap((line) =>
    [...line.replace(/\bfield: '[^']*'/, '').matchAll(literal)].map(([, code]) => code!),
  )
  const composed = templates.flatMap(({ template, names }) =>
    [...source.matchAll(template)].flatMap(([, end]) => names.map((name) => `${name}.${end}`)),
  )
  return new Set([...codes, ...members, ...composed].filter((code) => !notErrors.has(code)))
}

/** The codes that docs/errors.md lists: what stands in backticks in the first column of a table. */
export function listedCodes(page: string): string[] {
  const cells = [...page.matchAll(/^\| (`[^|]+`) +\|/gm)].map(([, cell]) => cell!)
  return cells.flatMap((cell) => [...cell.matchAll(/`([a-z0-9_.]+)`/g)].map(([, code]) => code!))
}
