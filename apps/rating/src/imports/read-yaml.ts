import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'

/** A YAML file as plain data in which every scalar is text, save for the plain ones that mean null. */
type YamlText = string | null | YamlText[] | { [key: string]: YamlText }
export type ReadYaml = { readonly value: YamlText } | { readonly malformed: string }

const depthMax = 16
/** Values, lists and maps together: what a file may give those to do who look at it afterwards. */
const nodesMax = 20_000
const plainNulls = new Set(['', '~', 'null', 'Null', 'NULL'])

class Malformed extends Error {}

/**
 * Reads one YAML document without giving meaning to anything: the failsafe schema makes every scalar the text that was
 * written, so 0.030 is never a float. Aliases, tags, keys that are no text or stand twice, and nesting deeper than the
 * format needs are refused, and more than 20,000 values. Never throws for what the text is. A hostile mebibyte takes seconds:
 * `YamlReader` has it read on a thread of its own.
 */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter()
  const at = (offset: number) => `line ${lines.linePos(offset).line}`
  // Keys that stand twice are found below: the parser compares each with all others.
  const document = parseDocument(text, {
    schema: 'failsafe',
    version: '1.2',
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  })
  const [fault] = [...document.errors, ...document.warnings]
  if (fault !== undefined) return { malformed: `${at(fault.pos[0])}: ${fault.message.slice(0, 200)}` }
  try {
    return { value: textOf(document.contents, depthMax, { at, nodes: 0 }) }
  } catch (error) {
    if (error instanceof Malformed) return { malformed: error.message }
    throw error
  }
}

interface Reading {
  readonly at: (offset: number) => string
  /** So far. */
  nodes: number
}

function textOf(node: Node | null, levels: number, reading: Reading): YamlText {
  if (node === null) return null
  const refuse = (what: string): never => {
    throw new Malformed(`${reading.at(node.range?.[0] ?? 0)}: ${what}`)
  }
  reading.nodes += 1
  if (reading.nodes > nodesMax) return refuse(`more than ${nodesMax} values`)
  if (isAlias(node)) return refuse('no aliases are taken: write the value out')
  if (node.tag !== undefined) return refuse('no tags are taken')
  if (isScalar<string>(node)) return node.type === 'PLAIN' && plainNulls.has(node.value) ? null : node.value
  if (levels === 0) return refuse(`nested deeper than ${depthMax} levels`)
  if (isSeq<Node>(node)) return node.items.map((item) => textOf(item, levels - 1, reading))
  if (!isMap<Node, Node | null>(node)) return refuse('neither a value, a list nor a map')
  const map: { [key: string]: YamlText } = {}
  for (const { key, value } of node.items) {
    if (!isScalar<string>(key) || key.tag !== undefined || key.value === '__proto__')
      return refuse('a key is no plain text')
    if (Object.hasOwn(map, key.value)) return refuse(`${JSON.stringify(key.value.slice(0, 64))} stands twice`)
    map[key.value] = textOf(value, levels - 1, reading)
  }
  return map
}
