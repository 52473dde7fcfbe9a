import { spawnSync } from 'node:child_process'

export interface User {
  readonly uid: number
  readonly gid: number
}

/** Whom to run PostgreSQL as, which refuses root: its own user where there is one, else `nobody`. Undefined where we are not root. */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = [idOf(name, '-u'), idOf(name, '-g')]
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  throw new Error('PostgreSQL does not run as root and there is neither a user postgres nor nobody: add one')
}

function idOf(name: string, which: '-u' | '-g'): number | undefined {
  const asked = spawnSync('id', [which, name], { encoding: 'utf8' })
  return asked.status === 0 ? Number(asked.stdout) : undefined
}
