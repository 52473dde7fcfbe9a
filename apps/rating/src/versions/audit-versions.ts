import type { Bus } from '@portitor/bus'
import { auditMessage } from '@portitor/identity'
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
  const messages = versions.map((version) =>
    auditMessage(uuidv7(), at, caller, {
      service: 'rating',
      workspaceId: null,
      action,
      target: targetOf(version),
      after: version,
    }),
  )
  await bus.publish(tx, messages)
}

/** `book:price/3`, `plan:pro/2` */
function targetOf(version: { readonly version: number; readonly book?: string; readonly plan?: string }): string {
  return version.plan === undefined
    ? `book:${version.book}/${version.version}`
    : `plan:${version.plan}/${version.version}`
}
