import { accessSync, constants, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Full path of a program in PATH or one of the further folders (globs; the newest version first); undefined where there is none. */
export function findProgram(name: string, ...folders: string[]): string | undefined {
  const searched = [...(process.env['PATH'] ?? '').split(delimiter), ...folders.flatMap(newestFirst)]
  return searched.map((folder) => join(folder, name)).find(isExecutable)
}

function newestFirst(pattern: string): string[] {
  return globSync(pattern).sort((one, other) => other.localeCompare(one, 'en', { numeric: true }))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
