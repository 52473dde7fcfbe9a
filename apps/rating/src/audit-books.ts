import type { Bus } from '@portitor/bus'
import type { BookVersionSummary } from '@portitor/contracts'
import { auditMessage } from '@portitor/identity'
import type { Queryable } from '@portitor/postgres'
import type { Caller } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'

/** Books are the whole system's, so these are entries of the operator's log whatever the call named. */
export async function auditBooks(
  tx: Queryable,
  bus: Bus,
  caller: Caller,
  action: string,
  versions: readonly BookVersionSummary[],
): Promise<void> {
  const at = new Date()
  const messages = versions.map(({ book, version, ...summary }) =>
    auditMessage(uuidv7(), at, caller, {
      service: 'rating',
      workspaceId: null,
      action,
      target: `book:${book}/${version}`,
      after: { book, version, ...summary },
    }),
  )
  await bus.publish(tx, messages)
}
