import { createHmac } from 'node:crypto'

/** What is kept of a key: without the pepper a stolen table does not even let guesses be tried (I-3). */
export function hashKey(pepper: string, key: string): Buffer {
  return createHmac('sha256', pepper).update(key).digest()
}

/** The injection token of the pepper (`PORTITOR_KEY_PEPPER`), the same in all processes. */
export const KEY_PEPPER = Symbol('the pepper of hashed keys')
