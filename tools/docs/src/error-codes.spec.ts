import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './documents.ts'
import { errorCodesOf, listedCodes } from './error-codes.ts'

const sources = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).filter(
  (file) => !/\.(spec|fixture|sample)\.ts$|\.d\.ts$|\/migrations\//.test(file),
)
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')
/** The last section names checks, not codes. */
const listed = listedCodes(page.split('## Checks of reconciliation')[0]!)

describe('docs/errors.md', () => {
  it('X-4 lists every code that the source makes', () => {
    const missing = sources.flatMap((file) =>
      [...errorCodesOf(readFileSync(join(root, file), 'utf8'))]
        .filter((code) => !listed.includes(code))
        .map((code) => `${code} (${file})`),
    )
    expect(missing).toEqual([])
  })

  it('X-4 lists no code that nobody makes, and each once', () => {
    const made = new Set(sources.flatMap((file) => [...errorCodesOf(readFileSync(join(root, file), 'utf8'))]))
    expect(listed.filter((code) => !made.has(code) && code !== 'internal')).toEqual([])
    expect(listed.filter((code, at) => listed.indexOf(code) !== at)).toEqual([])
  })

  it('finds a code however it is made', () => {
    const source = [
      "throw new ProblemException(\n  404,\n  'a.one',",
      "return reject('a.two', field)",
      "{ code: 'a.three', detail }",
      "const code = item === undefined ? 'a.four' : 'a.five'",
      'return reject(`${name}.too_long`, name)',
      "'b.x': ['a.six', 400],",
      'throw new ProblemException(409, `${noun}.rejected`, detail)',
    ].join('\n')
    expect([...errorCodesOf(source)].toSorted()).toEqual(
      [
        'a.five',
        'a.four',
        'a.one',
        'a.six',
        'a.three',
        'a.two',
        'b.x',
        'book.rejected',
        'plan.rejected',
        'id.too_long',
        'source.too_long',
        'type.too_long',
      ].toSorted(),
    )
  })
})
