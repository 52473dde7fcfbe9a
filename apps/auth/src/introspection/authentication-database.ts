import { Database } from '@portitor/postgres'

/** A look-up takes a millisecond, so few connections answer thousands of questions a second. */
const connectionsMax = 4
/** Guards wait for 2 s: what takes longer is answered to nobody, and must not pile up here. */
const answerMsMax = 1_500

/** The injection token of the connections that tell what a credential is good for. */
export const AUTHENTICATION_DATABASE = Symbol('the database of authentication')

/**
 * Connections of their own for authentication: it neither waits behind what takes its time with the others, nor for a
 * server that does not answer. The caller closes it.
 */
export function authenticationDatabase({ options }: Database): Database {
  const applicationName = `${options.applicationName} authentication`
  return new Database({ url: options.url, connectionsMax, applicationName, answerMsMax })
}
