import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

/*
 * What no linter knows: which files a project consists of, that what it depends on is what it references, and that no
 * folder, file or class is named as a drawer for odds and ends. One line per finding; exits with 1 if there is any.
 */
const root = join(import.meta.dirname, '..', '..')
const drawers = /^(utils?|common|shared|helpers?|misc|dto|dtos|entities|services|interfaces|types)$/
const drawerClass = /\bclass\s+(\w*(?:Impl|Manager|Helper|Utils?|Common)|Base[A-Z]\w*)\b/g

const projects = ['apps', 'libs', 'tools'].flatMap((kind) =>
  readdirSync(join(root, kind))
    .map((name) => ({ kind, name, folder: join(root, kind, name) }))
    .filter(({ folder }) => existsSync(join(folder, 'package.json'))),
)
const findings = [...projects.flatMap(projectFindings), ...rootFindings()]
for (const finding of findings) process.stdout.write(`${finding}\n`)
process.exitCode = findings.length === 0 ? 0 : 1

function projectFindings({ kind, name, folder }) {
  const at = `${kind}/${name}`
  const missing = ['tsconfig.json', 'README.md', 'src/index.ts']
    .filter((file) => !existsSync(join(folder, file)) && !(kind === 'tools' && file === 'src/index.ts'))
    .map((file) => `${at} has no ${file}`)
  const manifest = readJson(join(folder, 'package.json'))
  const named = manifest.name === `@portitor/${name}` ? [] : [`${at}/package.json: the name is not @portitor/${name}`]
  return [...missing, ...named, ...referenceFindings(at, folder, manifest), ...nameFindings(folder)]
}

/** Without the reference a build from nothing compiles in the wrong order; without the dependency npm does not link it. */
function referenceFindings(at, folder, manifest) {
  if (!existsSync(join(folder, 'tsconfig.json'))) return []
  const depends = Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith('@portitor/'))
  const references = (readJson(join(folder, 'tsconfig.json')).references ?? []).map(
    ({ path }) => `@portitor/${basename(path)}`,
  )
  return [
    ...depends
      .filter((name) => !references.includes(name))
      .map((name) => `${at}/tsconfig.json: \`references\` lacks ${name}, which package.json names`),
    ...references
      .filter((name) => !depends.includes(name))
      .map((name) => `${at}/package.json: \`dependencies\` lacks ${name}, which tsconfig.json references`),
  ]
}

function nameFindings(folder) {
  const entries = readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    const at = relative(root, path)
    const drawer = drawers.test(entry.name.split('.')[0])
      ? [`${at}: name it after what it holds; such a name gathers odds and ends`]
      : []
    if (!entry.isFile() || !entry.name.endsWith('.ts')) return drawer
    const classes = [...readFileSync(path, 'utf8').matchAll(drawerClass)].map(
      ([, name]) => `${at}: name the class ${name} after what it does`,
    )
    return [...drawer, ...classes]
  })
}

function rootFindings() {
  const { references } = readJson(join(root, 'tsconfig.json'))
  const listed = references.map(({ path }) => path)
  return projects
    .map(({ kind, name }) => `${kind}/${name}`)
    .filter((at) => !listed.includes(at))
    .map((at) => `tsconfig.json: \`references\` lacks ${at}, so nobody builds it`)
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}
