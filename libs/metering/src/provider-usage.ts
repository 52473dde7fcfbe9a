import type { Rejection } from '@portitor/contracts'
import { tokenFields } from './event-fields.ts'
import { extractTokens, type UsageFormat, usageFormats } from './extract-tokens.ts'
import { isObject, reject, shown } from './judgement.ts'

type Data = Readonly<Record<string, unknown>>

/**
 * An event may carry the usage object its provider returned (`provider_usage`, its shape in `provider_usage_format`)
 * instead of token counts: then the counts are taken from it (M-12). Both at once would leave open which one holds.
 */
export function withProviderUsage(data: Data): { rejected: Rejection } | { data: Data } {
  const { provider_usage: usage, provider_usage_format: format } = data
  if (usage === undefined) return { data }
  if (!isObject(usage))
    return reject(
      'provider_usage.malformed',
      'data.provider_usage',
      `expected the usage object of the provider's answer, got ${shown(usage)}`,
    )
  if (!usageFormats.includes(format as UsageFormat))
    return reject(
      'provider_usage.format_unknown',
      'data.provider_usage_format',
      `expected one of ${usageFormats.join(', ')}, got ${shown(format)}`,
    )
  const stated = tokenFields.find((field) => data[field] !== undefined)
  if (stated !== undefined)
    return reject(
      'provider_usage.contradiction',
      `data.${stated}`,
      'expected either token counts or provider_usage, not both',
    )
  const extracted = extractTokens(format as UsageFormat, usage)
  return 'rejected' in extracted ? extracted : { data: { ...data, ...extracted.tokens } }
}
