import type { SeededRandom } from './seeded-random.ts'

/** How many of 1,000 requests have at most so many tokens, and the tokens, at these places of the distribution. */
const perMille = [0, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 990, 1_000]
export type Quantiles = readonly number[]

/**
 * Quantiles of the two traces of Azure LLM inference of November 2023 (Azure/AzurePublicDataset on GitHub, CC-BY-4.0;
 * Patel et al., Splitwise, ISCA 2024): `chat` are the 19,366 requests of AzureLLMInferenceTrace_conv.csv, `code` the 8,819 of
 * AzureLLMInferenceTrace_code.csv. Their means: chat 1,154.7 in and 211.1 out, code 2,047.8 in and 27.9 out; input and output
 * are hardly correlated there (−0.11 and 0.00), so they are drawn apart.
 *
 * Quantiles and not a fitted log-normal: chat has steps at 400, 1,020 and 4,100 tokens that no smooth curve has, and straight
 * lines need no exp or log, whose last digit may differ between machines, which would be another payload under the same id.
 * The last one of chat input and of code output is lower than the largest ever seen (14,050 and 1,899), for the mean to fit.
 */
export const tokenQuantiles = {
  chat: {
    input: [2, 181, 207, 387, 403, 703, 1_020, 1_071, 1_130, 1_315, 2_735, 4_083, 4_142, 4_400],
    output: [7, 41, 54, 77, 91, 103, 129, 177, 384, 400, 424, 451, 601, 1_000],
  },
  code: {
    input: [3, 75, 147, 385, 770, 1_075, 1_469, 1_909, 2_433, 3_193, 5_194, 7_315, 7_436, 7_437],
    output: [6, 6, 7, 8, 9, 11, 13, 16, 20, 29, 55, 90, 252, 700],
  },
} as const satisfies Record<string, Record<'input' | 'output', Quantiles>>

const steps = 1_000_000

/** Draws a number of tokens: straight lines between the quantiles. */
export function drawTokens(random: SeededRandom, quantiles: Quantiles): number {
  const drawn = random(steps)
  const above = perMille.findIndex((place) => place * 1_000 > drawn)
  const [from, to] = [perMille[above - 1]! * 1_000, perMille[above]! * 1_000]
  const [low, high] = [quantiles[above - 1]!, quantiles[above]!]
  return Math.floor(low + ((drawn - from) * (high - low)) / (to - from))
}
