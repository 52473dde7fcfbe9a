import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './documents.ts'

const sources = globSync('{apps,libs}/*/src/{config,service-variables,store-variables}.ts', { cwd: root })
const read = new Set(
  sources.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name!),
  ),
)
const chapter = readFileSync(join(root, 'README.md'), 'utf8').split('\n## Configuration\n')[1]!.split('\n## ')[0]!
const rows = chapter.split('\n').filter((line) => line.startsWith('| `'))
const listed = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([A-Z0-9_]+)`/g)].map(([, name]) => name!))
/** Read by tools, which have no config.ts. */
const ofTools = ['CI', 'PORTITOR_URL', 'PORTITOR_TEST_POSTGRES_URL', 'PORTITOR_TEST_KAFKA_BROKERS']
const ofTests = ['PORTITOR_TEST_REDIS_URL', 'PORTITOR_TEST_CLICKHOUSE_URL']

describe('the configuration table of the README', () => {
  it('O-2 lists every variable that a service reads, once', () => {
    expect(read.size).toBeGreaterThan(12)
    expect([...read].filter((name) => !listed.includes(name))).toEqual([])
    expect(listed.filter((name, at) => listed.indexOf(name) !== at)).toEqual([])
  })

  it('O-2 lists none that nothing reads', () => {
    expect(listed.filter((name) => !read.has(name) && ![...ofTools, ...ofTests].includes(name))).toEqual([])
  })
})
