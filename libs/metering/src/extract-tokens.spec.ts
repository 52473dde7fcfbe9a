import fc from 'fast-check'
import { extractTokens, type UsageFormat, usageFormats } from './extract-tokens.ts'

const tokensOf = (format: UsageFormat, usage: object) => {
  const extracted = extractTokens(format, usage as Record<string, unknown>)
  return 'tokens' in extracted ? extracted.tokens : extracted.rejected
}

describe('extractTokens', () => {
  it('M-12 OpenAI chat: totals already include their parts', () => {
    const usage = {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 128, audio_tokens: 0, accepted_prediction_tokens: 0 },
    }
    expect(tokensOf('openai_chat', usage)).toEqual({
      input_tokens: 2006,
      cached_input_tokens: 1920,
      audio_input_tokens: 0,
      output_tokens: 300,
      reasoning_tokens: 128,
      audio_output_tokens: 0,
    })
  })

  it('M-12 OpenAI: a token that is audio and cached is one token, priced as cached', () => {
    const details = {
      cached_tokens: 80,
      audio_tokens: 60,
      cached_tokens_details: { text_tokens: 50, audio_tokens: 30 },
    }
    expect(tokensOf('openai_responses', { input_tokens: 100, input_tokens_details: details })).toEqual({
      input_tokens: 100,
      cached_input_tokens: 80,
      audio_input_tokens: 20,
    })
    const untold = { ...details, cached_tokens_details: undefined }
    expect(tokensOf('openai_responses', { input_tokens: 100, input_tokens_details: untold })).toMatchObject({
      audio_input_tokens: 20,
    })
  })

  it('M-12 OpenAI responses and embeddings', () => {
    const usage = {
      input_tokens: 75,
      input_tokens_details: { cached_tokens: 5 },
      output_tokens: 1186,
      output_tokens_details: { reasoning_tokens: 1024 },
      total_tokens: 1261,
    }
    expect(tokensOf('openai_responses', usage)).toEqual({
      input_tokens: 75,
      cached_input_tokens: 5,
      output_tokens: 1186,
      reasoning_tokens: 1024,
    })
    expect(tokensOf('openai_chat', { prompt_tokens: 8, total_tokens: 8 })).toEqual({ input_tokens: 8 })
  })

  it('M-12 Anthropic: what the cache read and wrote is added to the input', () => {
    const usage = {
      input_tokens: 50,
      cache_creation_input_tokens: 248,
      cache_read_input_tokens: 100_000,
      cache_creation: { ephemeral_5m_input_tokens: 248, ephemeral_1h_input_tokens: 0 },
      output_tokens: 503,
      service_tier: 'standard',
      server_tool_use: null,
    }
    expect(tokensOf('anthropic', usage)).toEqual({
      input_tokens: 100_298,
      cached_input_tokens: 100_000,
      cache_write_input_tokens: 248,
      output_tokens: 503,
    })
    expect(tokensOf('anthropic', { input_tokens: 7, cache_read_input_tokens: null, output_tokens: 1 })).toEqual({
      input_tokens: 7,
      output_tokens: 1,
    })
  })

  it('M-12 Gemini: thoughts are added to the output, tool results to the input, the cache is part of the prompt', () => {
    const usage = {
      promptTokenCount: 1000,
      cachedContentTokenCount: 400,
      toolUsePromptTokenCount: 50,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 300,
      totalTokenCount: 1370,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 700 },
        { modality: 'AUDIO', tokenCount: 300 },
      ],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 100 }],
    }
    expect(tokensOf('gemini', usage)).toEqual({
      input_tokens: 1050,
      cached_input_tokens: 400,
      audio_input_tokens: 200,
      output_tokens: 320,
      reasoning_tokens: 300,
    })
  })

  it.each([
    ['openai_chat', { prompt_tokens: -1 }, 'data.provider_usage.prompt_tokens'],
    ['openai_chat', { prompt_tokens: 1.5 }, 'data.provider_usage.prompt_tokens'],
    ['openai_chat', { prompt_tokens: '12' }, 'data.provider_usage.prompt_tokens'],
    [
      'openai_responses',
      { output_tokens_details: { reasoning_tokens: true } },
      'data.provider_usage.output_tokens_details.reasoning_tokens',
    ],
    ['anthropic', { cache_read_input_tokens: {} }, 'data.provider_usage.cache_read_input_tokens'],
    ['gemini', { promptTokensDetails: 5 }, 'data.provider_usage.promptTokensDetails'],
  ] as const)('M-12 %s: refuses a count that is none, naming it: %j', (format, usage, field) => {
    expect(tokensOf(format, usage)).toMatchObject({ code: 'quantity.malformed', field })
  })

  it('M-12 whatever a provider reports consistently, no part exceeds its total', () => {
    const count = fc.option(fc.nat({ max: 1e9 }), { nil: undefined })
    const usage = fc.record({
      input_tokens: count,
      cache_read_input_tokens: count,
      cache_creation_input_tokens: count,
      output_tokens: count,
      promptTokenCount: fc.nat(),
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
      promptTokensDetails: fc.array(
        fc.record({ modality: fc.constantFrom('AUDIO', 'IMAGE', 'TEXT'), tokenCount: fc.nat() }),
      ),
    })
    fc.assert(
      fc.property(fc.constantFrom('anthropic' as const, 'gemini' as const), usage, (format, reported) => {
        const tokens = tokensOf(format, reported) as Record<string, number>
        const {
          cached_input_tokens = 0,
          cache_write_input_tokens = 0,
          audio_input_tokens = 0,
          image_input_tokens = 0,
        } = tokens
        const parts = cached_input_tokens + cache_write_input_tokens + audio_input_tokens + image_input_tokens
        expect(parts).toBeLessThanOrEqual(tokens['input_tokens'] ?? 0)
        expect(tokens['reasoning_tokens'] ?? 0).toBeLessThanOrEqual(tokens['output_tokens'] ?? 0)
      }),
      { numRuns: 1_000 },
    )
  })

  it('never throws, whatever the object', () => {
    fc.assert(
      fc.property(fc.constantFrom(...usageFormats), fc.object(), (format, usage) => {
        expect(Object.keys(extractTokens(format, usage))).toHaveLength(1)
      }),
      { numRuns: 1_000 },
    )
  })
})
