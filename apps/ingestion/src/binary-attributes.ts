import type { Rejection } from '@portitor/contracts'

/**
 * The CloudEvents attributes among the headers of a request in binary mode. Header values are ASCII: other characters
 * are percent-encoded, a quoted value is unquoted first (CloudEvents HTTP binding 3.1.3.2).
 */
export function binaryAttributes(
  headers: Readonly<Record<string, string | undefined>>,
): { readonly attributes: (readonly [string, string])[] } | { readonly refused: Rejection } {
  const attributes: (readonly [string, string])[] = []
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith('ce-') || value === undefined) continue
    const text = decodeValue(value)
    if (text === undefined)
      return {
        refused: {
          code: 'header.malformed',
          field: header,
          detail: 'expected ASCII in which other characters are percent-encoded as UTF-8',
        },
      }
    attributes.push([header.slice('ce-'.length), text])
  }
  return { attributes }
}

function decodeValue(value: string): string | undefined {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1]
  const text = quoted === undefined ? value : quoted.replace(/\\(.)/g, '$1')
  if (/[^\x20-\x7e]/.test(text)) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
