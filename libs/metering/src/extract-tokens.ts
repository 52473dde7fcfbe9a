import type { Rejection } from '@portitor/contracts'
import { isObject, reject, shown } from './judgement.ts'

/** How a provider reports usage: the shape of its usage object. */
export const usageFormats = ['openai_chat', 'openai_responses', 'anthropic', 'gemini'] as const
export type UsageFormat = (typeof usageFormats)[number]

type Usage = Readonly<Record<string, unknown>>
type Count = number | undefined
/** Our token fields (M-12); a field is absent where the provider says nothing of it. */
export type Tokens = Readonly<Record<string, number>>

/**
 * Converts a provider's usage object, as its API returned it, to token counts by the OpenTelemetry convention (M-12):
 * totals include their parts, and parts do not overlap. Null and absent counts mean "not reported". Counts that are no
 * whole numbers ≥ 0 are refused, naming the field below `data.provider_usage`.
 */
export function extractTokens(format: UsageFormat, usage: Usage): { rejected: Rejection } | { tokens: Tokens } {
  try {
    const counts = Object.entries(readers[format](usage)).filter(([, number]) => number !== undefined)
    return { tokens: Object.fromEntries(counts) as Record<string, number> }
  } catch (error) {
    if (error instanceof Miscount) return reject('quantity.malformed', error.field, error.message)
    throw error
  }
}

class Miscount extends Error {
  constructor(
    readonly field: string,
    value: unknown,
  ) {
    super(`expected a whole number ≥ 0, got ${shown(value)}`)
  }
}

const readers: Record<UsageFormat, (usage: Usage) => Record<string, Count>> = {
  /** `prompt_tokens` and `completion_tokens` include everything. */
  openai_chat: (usage) => ({
    ...openaiInput(usage, 'prompt_tokens', 'prompt_tokens_details'),
    ...openaiOutput(usage, 'completion_tokens', 'completion_tokens_details'),
  }),
  openai_responses: (usage) => ({
    ...openaiInput(usage, 'input_tokens', 'input_tokens_details'),
    ...openaiOutput(usage, 'output_tokens', 'output_tokens_details'),
  }),
  /** `input_tokens` leaves out what was read from and written to the cache; `output_tokens` includes thinking. */
  anthropic: (usage) => {
    const read = count(usage, 'cache_read_input_tokens')
    const written = count(usage, 'cache_creation_input_tokens')
    return {
      input_tokens: sum(count(usage, 'input_tokens'), read, written),
      cached_input_tokens: read,
      cache_write_input_tokens: written,
      output_tokens: count(usage, 'output_tokens'),
    }
  },
  /** The prompt includes cached content but not tool results; candidates leave out thoughts. */
  gemini: (usage) => {
    const input = sum(count(usage, 'promptTokenCount'), count(usage, 'toolUsePromptTokenCount'))
    const cached = count(usage, 'cachedContentTokenCount')
    const thoughts = count(usage, 'thoughtsTokenCount')
    const fresh = (modality: string) =>
      minus(
        sum(
          ofModality(usage, 'promptTokensDetails', modality),
          ofModality(usage, 'toolUsePromptTokensDetails', modality),
        ),
        ofModality(usage, 'cacheTokensDetails', modality),
      )
    return {
      input_tokens: input,
      cached_input_tokens: cached,
      ...besideCache(minus(input, cached), fresh('AUDIO'), fresh('IMAGE')),
      output_tokens: sum(count(usage, 'candidatesTokenCount'), thoughts),
      reasoning_tokens: thoughts,
      audio_output_tokens: ofModality(usage, 'candidatesTokensDetails', 'AUDIO'),
    }
  },
}

function openaiInput(usage: Usage, total: string, details: string): Record<string, Count> {
  const parts = object(usage, details)
  const inCache = object(parts, 'cached_tokens_details')
  const input = count(usage, total)
  const cached = count(parts, 'cached_tokens', details)
  const written = count(parts, 'cache_write_tokens', details)
  return {
    input_tokens: input,
    cached_input_tokens: cached,
    cache_write_input_tokens: written,
    ...besideCache(
      minus(input, sum(cached, written)),
      minus(count(parts, 'audio_tokens', details), count(inCache, 'audio_tokens', details)),
      minus(count(parts, 'image_tokens', details), count(inCache, 'image_tokens', details)),
    ),
  }
}

function openaiOutput(usage: Usage, total: string, details: string): Record<string, Count> {
  const parts = object(usage, details)
  return {
    output_tokens: count(usage, total),
    reasoning_tokens: count(parts, 'reasoning_tokens', details),
    audio_output_tokens: count(parts, 'audio_tokens', details),
  }
}

/**
 * A token that is both audio and cached is reported under both. It is priced once, as cached: what is left of audio
 * and images is at most what is left of the input.
 */
function besideCache(left: Count, audio: Count, image: Count): Record<string, Count> {
  if (left === undefined) return { audio_input_tokens: audio, image_input_tokens: image }
  const heard = audio === undefined ? undefined : Math.min(audio, left)
  const seen = image === undefined ? undefined : Math.min(image, left - (heard ?? 0))
  return { audio_input_tokens: heard, image_input_tokens: seen }
}

function sum(...counts: readonly Count[]): Count {
  const reported = counts.filter((number) => number !== undefined)
  return reported.length === 0 ? undefined : reported.reduce((total, number) => total + number, 0)
}

function minus(whole: Count, part: Count): Count {
  return whole === undefined ? undefined : Math.max(0, whole - (part ?? 0))
}

function count(from: Usage, field: string, within?: string): Count {
  const value = from[field]
  if (value === undefined || value === null) return undefined
  // A billion billion tokens are no call; the bound keeps sums exact.
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 1e15) return value
  throw new Miscount(path(field, within), value)
}

function ofModality(usage: Usage, field: string, modality: string): Count {
  const list = usage[field]
  if (list === undefined || list === null) return undefined
  if (!Array.isArray(list)) throw new Miscount(path(field), list)
  const counts = list.map((entry) =>
    isObject(entry) && entry['modality'] === modality ? count(entry, 'tokenCount', field) : undefined,
  )
  return sum(...counts)
}

function object(usage: Usage, field: string): Usage {
  const value = usage[field]
  return isObject(value) ? value : {}
}

function path(field: string, within?: string): string {
  return within === undefined ? `data.provider_usage.${field}` : `data.provider_usage.${within}.${field}`
}
