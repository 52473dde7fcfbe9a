import { setImmediate as turn } from 'node:timers/promises'
import { readYaml } from './read-yaml.ts'
import { YamlReader } from './yaml-reader.ts'

const kibibytes = (size: number, text: string) => text.repeat(Math.floor((size * 1_024) / text.length))
/** Each holds the parser for some hundred milliseconds, a mebibyte of it for seconds: nesting, errors, tags, lists of nothing. */
const hostile = ['[', '[}\n', '- !a\n', '-\n'].map((text) => kibibytes(128, text))

describe('reading YAML aside', () => {
  it('R-6 says what readYaml says', async () => {
    const reader = new YamlReader()
    for (const text of ['a: {b: 0.030}\nc: [~, "\\ud800"]', 'a: *b', 'a: [1', ''])
      expect(await reader.read(text)).toEqual(readYaml(text))
  })

  it('R-6 the thread of the service goes on while hostile text is read', async () => {
    for (const text of hostile) {
      let answered = false
      const reading = new YamlReader().read(text).finally(() => (answered = true))
      // Parsed on this thread it would be answered before the first turn.
      for (let turns = 0; turns < 10; turns += 1) await turn()
      expect(answered).toBe(false)
      expect(await reading).toHaveProperty('malformed')
    }
  })

  it('R-6 what takes too long or too much memory is given up, and the next file is read', async () => {
    const [nested] = hostile
    for (const bounds of [
      { msMax: 1, heapMiBMax: 1_024 },
      { msMax: 60_000, heapMiBMax: 16 },
    ]) {
      const reader = new YamlReader(bounds)
      expect(await reader.read(nested!)).toEqual({ malformed: 'it takes too much to read: send less at once' })
      expect(await new YamlReader().read('a: 1')).toEqual({ value: { a: '1' } })
    }
  })

  it('R-6 two files are read at once, and a third is told to come again', async () => {
    const reader = new YamlReader()
    const reading = [reader.read(kibibytes(64, '-\n')), reader.read('a: 1')]
    await expect(reader.read('b: 1')).rejects.toMatchObject({ code: 'service.unavailable' })
    await Promise.all(reading)
    expect(await reader.read('b: 1')).toEqual({ value: { b: '1' } })
  })
})
