/** Thrown by a handler that wants its whole batch once more, from the start: somebody else changed what it had read. */
export class BatchConflict extends Error {}

/**
 * Whether an error may go away by itself. Only what clearly lies in the data does not: data exceptions (22), integrity
 * (23), cardinality (21), program limits (54), and errors of our own code on an item. Everything else of the database
 * (connection, serialization, a missing table, resources) is tried again and alarmed, never dead-lettered.
 */
export function isRetriable(error: unknown): boolean {
  if (error instanceof BatchConflict) return true
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string') return isConnectionLoss(error)
  if (/^[0-9A-Z]{5}$/.test(code)) return !/^(21|22|23|54)/.test(code)
  return true
}

/** node-postgres reports a connection that broke under a query as a plain error. */
function isConnectionLoss(error: unknown): boolean {
  return error instanceof Error && /connection|terminated|timeout|ended|not queryable/i.test(error.message)
}
