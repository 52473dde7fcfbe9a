import type { Rejection } from '@portitor/contracts'
import type { JudgedEvent } from './judge-events.ts'

/** One answer for a workspace that does not exist and for one of somebody else, so that nobody can tell which it is (I-4). */
const unknownWorkspace: Rejection = {
  code: 'workspace.unknown',
  field: 'subject',
  detail: 'there is no workspace of this id that these events could be for',
}

/** The workspaces that events are for. */
export function workspacesOf(judged: readonly JudgedEvent[]): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const one of judged) if ('event' in one) ids.add(one.event.workspaceId)
  return ids
}

/** Rejects what is for a workspace that does not exist, each event alone (M-6). */
export function refuseUnknown(judged: readonly JudgedEvent[], unknown: ReadonlySet<string>): readonly JudgedEvent[] {
  if (unknown.size === 0) return judged
  return judged.map((one) =>
    'event' in one && unknown.has(one.event.workspaceId) ? { id: one.id, rejected: unknownWorkspace } : one,
  )
}

/** A tenant's events are for its own workspace: one that names another is refused as if that did not exist. */
export function refuseForeign(judged: readonly JudgedEvent[]): readonly JudgedEvent[] {
  return judged.map((one) =>
    'rejected' in one && one.rejected.code === 'workspace.contradiction'
      ? { id: one.id, rejected: unknownWorkspace }
      : one,
  )
}
