import { crc32 } from 'node:zlib'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 30 characters of base62 are 178 bits (I-3 asks for 160). */
const SECRET_CHARACTERS = 30
/** 62⁶ is more than 2³². */
const CHECKSUM_CHARACTERS = 6
const HINT_CHARACTERS = 4
const pattern = /^ptr_(live|test|agent)_([0-9A-Za-z]{36})$/

export type ApiKeyKind = 'live' | 'test' | 'agent'

/**
 * A new key: `ptr_<kind>_`, 30 random characters of base62, and 6 that are the CRC-32 of what stands before them, so that a
 * typo is refused without a look-up and scanners know a real key from a look-alike (I-3). `randomInt` answers an unbiased
 * integer below its argument from a secure source.
 */
export function newApiKey(kind: ApiKeyKind, randomInt: (below: number) => number): string {
  let body = `ptr_${kind}_`
  for (let n = 0; n < SECRET_CHARACTERS; n += 1) body += digits[randomInt(digits.length)]!
  return body + checksumOf(body)
}

/** The kind of a key; `malformed` where it does not look like one, `mistyped` where its checksum does not fit. */
export function readApiKey(text: string): ApiKeyKind | 'malformed' | 'mistyped' {
  const kind = pattern.exec(text)?.[1] as ApiKeyKind | undefined
  if (kind === undefined) return 'malformed'
  const body = text.slice(0, -CHECKSUM_CHARACTERS)
  return checksumOf(body) === text.slice(-CHECKSUM_CHARACTERS) ? kind : 'mistyped'
}

/** What may be shown of a key: its prefix and last four characters. */
export function apiKeyHint(key: string): string {
  return `${key.slice(0, key.lastIndexOf('_') + 1)}…${key.slice(-HINT_CHARACTERS)}`
}

function checksumOf(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let n = 0; n < CHECKSUM_CHARACTERS; n += 1) {
    text = digits[rest % digits.length]! + text
    rest = Math.floor(rest / digits.length)
  }
  return text
}
