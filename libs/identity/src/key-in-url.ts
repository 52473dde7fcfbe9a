/** Names under which people put a key into a URL, where proxies and histories keep it. */
const keyParameters = new Set([
  'api_key',
  'apikey',
  'api-key',
  'x-api-key',
  'key',
  'access_token',
  'token',
  'authorization',
])

/** A key of ours, or a token (a JWT begins with the base64url of `{"`). */
const credentialForm = /^(ptr_(live|test|agent)_[0-9A-Za-z]{8,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+)$/

/** Whether a URL holds a credential (I-2), in a parameter or in its path. `isOperatorKey` knows the one that has no form. */
export function hasKeyInUrl(url: string, isOperatorKey: (text: string) => boolean): boolean {
  const isKey = (text: string) => credentialForm.test(text) || isOperatorKey(text)
  const at = url.indexOf('?')
  if (at >= 0) {
    for (const [name, value] of new URLSearchParams(url.slice(at + 1)))
      if (keyParameters.has(name.toLowerCase()) || isKey(value) || isKey(name)) return true
  }
  const path = at < 0 ? url : url.slice(0, at)
  return path.split('/').some((part) => isKey(decoded(part)))
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
