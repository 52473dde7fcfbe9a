/** The value cannot be stored: nested too deeply, or a string with NUL or half a surrogate pair. */
export class Unwritable extends Error {}

const needsCare = /["\\\p{Cc}\p{Cs}]/u

/** A string as JSON. Throws `Unwritable` for NUL and lone surrogates: Postgres text cannot hold the one, UTF-8 not the other. */
export function quote(text: string): string {
  if (!needsCare.test(text)) return `"${text}"`
  if (!isStorable(text)) throw new Unwritable('a string that no database can hold')
  return JSON.stringify(text)
}

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
