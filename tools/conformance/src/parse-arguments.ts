import { parseArgs } from 'node:util'

export const help = `npm run conformance:pricing -- FILE [--json]

Maps each case of a vectors file onto the charge models of libs/pricing and compares. docs/conformance.md says what is
excepted and why.

  FILE     {"cases": [{"id", "category", "input", "expected"}, …]}
  --json   {passed, failed, excepted, unsupported, cases: [{id, category, outcome, …}]}, the last line of stdout
  --help   this text

Ends with 0 only if nothing failed; 1 if a case did, 2 if the command line or the file cannot be read.
`

export type Arguments =
  { readonly help: true } | { readonly problem: string } | { readonly file: string; readonly json: boolean }

/** Reads the command line: what to hold against the vectors (`pricing`), then the file. A problem says what is expected. */
export function parseArguments(args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help === true) return { help: true }
    const [subject, file, ...more] = positionals
    if (subject !== 'pricing') return { problem: `${subject ?? 'nothing'} has no vectors: expected pricing` }
    if (file === undefined) return { problem: 'FILE is missing: give the vectors file' }
    if (more.length > 0) return { problem: `one FILE is expected; got ${more.join(' ')} as well` }
    return { file, json: values.json === true }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}
