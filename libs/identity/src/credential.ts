import { readApiKey } from './api-key.ts'
import { howToAuthenticate, type Refusal, unauthenticated } from './refusal.ts'

export type CallHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A credential longer than this is refused unread. */
export const credentialCharactersMax = 4_096

/** The credential of a call. The first that is there counts: `Authorization: Bearer`, `x-api-key`, `apikey`. */
export function readCredential(headers: CallHeaders): string | Refusal {
  const credential = firstCredential(headers)
  if (credential === undefined)
    return unauthenticated('credential.missing', `This needs a credential. ${howToAuthenticate}`)
  if (typeof credential === 'string' && credential.length > credentialCharactersMax)
    return unauthenticated(
      'credential.oversized',
      `The credential has more than ${credentialCharactersMax} characters. ${howToAuthenticate}`,
    )
  return credential
}

function firstCredential({ authorization, 'x-api-key': xApiKey, apikey }: CallHeaders): string | Refusal | undefined {
  if (typeof authorization === 'string' && authorization !== '') {
    const bearer = /^Bearer +(\S.*)$/i.exec(authorization)?.[1]
    if (bearer !== undefined) return bearer.trim()
    return unauthenticated(
      'credential.malformed',
      `The Authorization header is not of the form \`Bearer <key>\`. ${howToAuthenticate}`,
    )
  }
  return [xApiKey, apikey].flat().find((value) => value !== undefined && value !== '')
}

/** Refuses without a look-up what begins like a key of ours and cannot be one (I-3). */
export function judgeForm(credential: string): Refusal | undefined {
  if (!credential.startsWith('ptr_')) return undefined
  const form = readApiKey(credential)
  if (form === 'malformed')
    return unauthenticated(
      'credential.malformed',
      'This begins like a key but has another form: it may have been cut off. Copy the key as a whole.',
    )
  if (form === 'mistyped')
    return unauthenticated(
      'credential.mistyped',
      'The checksum of this key does not fit: a character is wrong. Copy the key again.',
    )
  return undefined
}
