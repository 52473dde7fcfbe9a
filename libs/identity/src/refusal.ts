/** A call that may not go on, as data: the service answers it as a problem document. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 429 | 503
  readonly code: string
  readonly detail: string
  readonly members?: object
  readonly headers?: Readonly<Record<string, string>>
}

export const howToAuthenticate =
  'Authenticate with the header `Authorization: Bearer <key or token>`, `x-api-key: <key>` or `apikey: <key>`.'

/** 401, with the challenge that RFC 9110 asks for. */
export function unauthenticated(code: string, detail: string): Refusal {
  return { status: 401, code, detail, headers: { 'www-authenticate': 'Bearer realm="portitor"' } }
}

export function forbidden(code: string, detail: string): Refusal {
  return { status: 403, code, detail }
}

/** Neither remembered nor to be asked: nothing is known of the credential, so it is let in nowhere and refused for nothing. */
export const identityUnavailable: Refusal = {
  status: 503,
  code: 'identity.unavailable',
  detail: 'Credentials cannot be checked at the moment; try again.',
  headers: { 'retry-after': '1' },
}
