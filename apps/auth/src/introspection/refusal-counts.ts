import type { AuditRecorded } from '@portitor/contracts'
import { sourceOf } from './guessing.ts'

/** Sources told one by one; what comes from more at the same time is told together. */
const sourcesMax = 1_000
const others = 'other addresses'

export interface RefusalCount {
  readonly source: string
  readonly codes: Readonly<Record<string, number>>
}

/** Refused credentials by source since they were last taken: guessing at any rate makes a bounded number of audit entries. */
export class RefusalCounts {
  #counts = new Map<string, Map<string, number>>()

  add(address: string, code: string, times = 1): void {
    // Whatever was sent as an address has to fit into a column of text.
    const source = sourceOf(address).replace(/[^\x20-\x7e]/g, '?')
    const name = this.#counts.has(source) || this.#counts.size < sourcesMax ? source : others
    const codes = this.#counts.get(name) ?? new Map<string, number>()
    codes.set(code, (codes.get(code) ?? 0) + times)
    this.#counts.set(name, codes)
  }

  take(): RefusalCount[] {
    const taken = [...this.#counts].map(([source, codes]) => ({ source, codes: Object.fromEntries(codes) }))
    this.#counts = new Map()
    return taken
  }
}

/** One entry of the operator's log for everything that a source was refused in a stretch of time. */
export function toRefusedEntry({ source, codes }: RefusalCount, id: string, at: Date): AuditRecorded {
  const [mostly] = Object.entries(codes).toSorted(([, left], [, right]) => right - left)
  return {
    id,
    at: at.toISOString(),
    workspace_id: null,
    service: 'auth',
    actor: { kind: 'anonymous', id: null, credential_id: null, on_behalf_of: [] },
    action: 'credential.refused',
    target: null,
    before: null,
    after: { count: Object.values(codes).reduce((sum, count) => sum + count, 0), codes },
    address: source,
    request_id: null,
    outcome: 'refused',
    code: mostly?.[0] ?? null,
  }
}
