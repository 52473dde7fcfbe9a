import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './documents.ts'
import { featuresOf, idsInTitles, namedTests } from './features.ts'

const page = readFileSync(join(root, 'docs/features.md'), 'utf8')
const features = featuresOf(page)
const sourceOf = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '')

describe('docs/features.md', () => {
  it('X-4 names only tests that exist, in the file they are in', () => {
    const absent = namedTests(page).filter(({ title, file }) => {
      const source = sourceOf(file)
      return !source.includes(title) && !source.includes(title.replaceAll("'", "\\'"))
    })
    expect(absent).toEqual([])
  })

  it('X-4 has a test, named after the id, for each feature that is done', () => {
    const done = features.filter(({ state }) => state.startsWith('done'))
    expect(done.length).toBeGreaterThan(15)
    const unproven = done.filter(({ id, tests }) => !tests.some(({ title }) => title.split(' ').includes(id)))
    expect(unproven).toEqual([])
  })

  it('X-4 lists each id once, and every id that a test bears', () => {
    const ids = features.map(({ id }) => id)
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
    const specs = globSync('{apps,libs,tools}/*/src/**/*.spec.ts', { cwd: root })
    const tested = new Set(specs.flatMap((file) => idsInTitles(sourceOf(file))))
    expect([...tested].filter((id) => !new RegExp(`\\b${id}\\b`).test(page))).toEqual([])
  })
})
