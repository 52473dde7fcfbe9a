import type { Bus } from '@portitor/bus'
import { auditMessage, type DoneAction, systemAuditMessage } from '@portitor/identity'
import type { Queryable } from '@portitor/postgres'
import type { Caller } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'

/** Books and plans are the whole system's, so these are entries of the operator's log whatever the call named. */
export async function auditVersions<Summary extends { readonly version: number }>(
  tx: Queryable,
  bus: Bus,
  caller: Caller,
  action: string,
  versions: readonly Summary[],
): Promise<void> {
  const at = new Date()
  await bus.publish(
    tx,
    versions.map((version) => auditMessage(uuidv7(), at, caller, done(action, version))),
  )
}

/** The same for what a job of ours did. */
export async function auditVersionsOfSystem<Summary extends { readonly version: number }>(
  tx: Queryable,
  bus: Bus,
  action: string,
  versions: readonly Summary[],
): Promise<void> {
  const at = new Date()
  await bus.publish(
    tx,
    versions.map((version) => systemAuditMessage(uuidv7(), at, done(action, version))),
  )
}

function done(action: string, version: { readonly version: number }): DoneAction {
  return { service: 'rating', workspaceId: null, action, target: targetOf(version), after: version }
}

/** `book:price/3`, `plan:pro/2` */
function targetOf(version: { readonly version: number; readonly book?: string; readonly plan?: string }): string {
  return version.plan === undefined
    ? `book:${version.book}/${version.version}`
    : `plan:${version.plan}/${version.version}`
}
