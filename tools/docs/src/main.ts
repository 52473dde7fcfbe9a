import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { documents, root } from './documents.ts'

const help = `node --conditions=@portitor/source tools/docs/src/main.ts [--check]

Writes docs/events.md, docs/openapi.json and docs/asyncapi.json from libs/contracts.

  --check  writes nothing; exit status 1 if a document is not what the schemas say
`

const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } })
if (values.help === true) process.stdout.write(help)
else {
  const stale = [...documents()].filter(([path, text]) => {
    const file = join(root, path)
    return !existsSync(file) || readFileSync(file, 'utf8') !== text
  })
  for (const [path, text] of stale) {
    if (values.check === true) process.stderr.write(`${path} is not what the schemas say: run tools/docs/src/main.ts\n`)
    else writeFileSync(join(root, path), text)
  }
  if (values.check === true && stale.length > 0) process.exitCode = 1
}
