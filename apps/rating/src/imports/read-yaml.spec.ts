import { readYaml } from './read-yaml.ts'

const malformed = (text: string) => {
  const read = readYaml(text)
  return 'malformed' in read ? read.malformed : read
}

describe('reading YAML', () => {
  it('R-6 every scalar is the text that was written, never a float, and plain nulls are null', () => {
    const text =
      'version: 1.0\na: {b: 0.030, c: 1e3, d: "null", e: null, f: ~, g: }\nh: [yes, 0x10, 12345678901234567890]\ni:\n'
    expect(readYaml(text)).toEqual({
      value: {
        version: '1.0',
        a: { b: '0.030', c: '1e3', d: 'null', e: null, f: null, g: null },
        h: ['yes', '0x10', '12345678901234567890'],
        i: null,
      },
    })
  })

  it('R-6 an alias is refused before it is followed, so a bomb of them costs nothing', () => {
    const bomb = [
      'a: &a [x, x]',
      ...'bcdefgh'.split('').map((name, index) => `${name}: &${name} [*${'abcdefg'[index]}, *${'abcdefg'[index]}]`),
    ]
    expect(malformed(bomb.join('\n'))).toBe('line 2: no aliases are taken: write the value out')
    expect(malformed('a: {b: 1}\nc: {<<: *a}')).toMatch(/line 2/)
  })

  it.each([
    ['a tag of its own', 'a: !!js/function x'],
    ['a known tag', 'a: !!int 3'],
    ['a tag that means text', 'a: !!str 3'],
    ['a key that stands twice', 'a: 1\na: 2'],
    ['a key that is a list', '? [a]\n: 1'],
    ['the name of a prototype', '__proto__: {a: 1}'],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['a list that does not end', 'a: [1, 2'],
    ['a tab as indentation', 'a:\n\t- b'],
    ['17 levels', `${'['.repeat(17)}x${']'.repeat(17)}`],
  ])('R-6 refuses %s, naming the line', (_, text) => {
    expect(malformed(text)).toMatch(/^line \d+: /)
  })

  it('R-6 a mebibyte of brackets or of keys is answered in bounded time and memory', () => {
    expect(malformed('['.repeat(1_048_576))).toMatch(/^line 1: /)
    const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}: 1`).join('\n')
    expect(readYaml(keys(19_999))).toHaveProperty('value.k19998', '1')
    expect(malformed(keys(20_000))).toBe('line 20000: more than 20000 values')
  })
})
