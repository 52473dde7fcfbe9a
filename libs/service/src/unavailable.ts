/** Errors of sockets and of Postgres (by SQLSTATE) that mean "not now": the same request may well succeed in a moment. */
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
])
const sqlStates = /^(08...|53...|57P0[123]|40001|40P01|55P03)$/
const poolMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout)/
const causesMax = 5

/** Whether an error says that something this service depends on is not there at the moment, rather than that there is a bug. */
export function isUnavailable(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth >= causesMax) return false
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string' && (socketCodes.has(code) || sqlStates.test(code))) return true
  return poolMessages.test(error.message) || isUnavailable(error.cause, depth + 1)
}
