/** What a `content-type` says: the media type in lower case, and the charset where one is named. */
export interface MediaType {
  readonly type: string
  readonly charset: string | undefined
}

export const structuredType = 'application/cloudevents+json'
export const batchType = 'application/cloudevents-batch+json'

export function parseMediaType(header: string): MediaType {
  const [type = '', ...parameters] = header.split(';')
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(parameter)?.[1])
    .find(Boolean)
  return { type: type.trim().toLowerCase(), charset: charset?.toLowerCase() }
}

export function isJsonType(type: string): boolean {
  return (
    type === 'application/json' || type === 'text/json' || (type.startsWith('application/') && type.endsWith('+json'))
  )
}

/** JSON is UTF-8; anything else that is named would be read wrongly. */
export function isUtf8Charset(charset: string | undefined): boolean {
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii'
}
