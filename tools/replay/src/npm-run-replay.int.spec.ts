import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitForUpdate } from '@pydantic/genai-prices'
import { jest } from '@jest/globals'
import type { ReplayReport } from '@portitor/workload'
import { startTemporarySystem, type TemporarySystem } from './temporary-system.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const conv = join(root, '../shared/data/traces/azure/AzureLLMInferenceTrace_conv.csv')
jest.setTimeout(900_000)

async function npmRunReplay(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(root, 'tools/run.mjs'), 'replay', ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...env },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const report = () => JSON.parse(out.trimEnd().split('\n').at(-1)!) as ReplayReport
  return { code, out, err, report }
}

/** What the README says of a row's model, written down a second time. */
const modelsOf23Rows: readonly [rows: number, provider: string, model: string][] = [
  [7, 'openai', 'gpt-4o-mini'],
  [5, 'openai', 'gpt-4o'],
  [4, 'anthropic', 'claude-sonnet-4-5'],
  [4, 'google', 'gemini-2.5-flash'],
  [2, 'anthropic', 'claude-haiku-4-5'],
  [1, 'google', 'gemini-2.5-pro'],
]

/**
 * Price and cost of rows straight from the numbers of the price package, by arithmetic of this spec's own. One token of
 * each of these models owes whole nanos, price included, so nothing is rounded; the spec fails where a new version of the
 * package changes that.
 */
async function owed(rows: readonly { input: number; output: number }[]) {
  const providers = (await waitForUpdate())!
  const slots = modelsOf23Rows.flatMap(([count, provider, model]) => {
    const { prices } = providers.find(({ id }) => id === provider)!.models.find(({ id }) => id === model)!
    if (Array.isArray(prices)) throw new Error(`${model} has prices with conditions: choose another model`)
    return Array.from({ length: count }, () => prices)
  })
  let [price, cost] = [0n, 0n]
  rows.forEach(({ input, output }, row) => {
    const { input_mtok, output_mtok } = slots[row % 23]!
    for (const [tokens, rate] of [
      [input, input_mtok],
      [output, output_mtok],
    ] as const) {
      const costNanos = nanosPerToken(typeof rate === 'object' ? rate.base : rate!)
      cost += BigInt(tokens) * costNanos
      const tenths = String(costNanos * 13n)
      if (!tenths.endsWith('0')) throw new Error('a token owes a fraction of a nano: round it here too')
      price += BigInt(tokens) * BigInt(tenths.slice(0, -1))
    }
    // The context bands of these models begin above any of these requests.
    if (input > 128_000) throw new Error('a row reaches a context band: price it here too')
  })
  return { price: String(price), cost: String(cost) }
}

/** Dollars per million tokens are thousands of nanos per token. */
function nanosPerToken(dollarsPerMillion: number): bigint {
  const [whole = '', fraction = ''] = String(dollarsPerMillion).split('.')
  if (!/^\d*$/.test(whole + fraction) || fraction.length > 3) throw new Error(`${dollarsPerMillion} is no whole nano`)
  return BigInt(whole + fraction.padEnd(3, '0'))
}

describe('npm run replay', () => {
  let system: TemporarySystem
  let env: Record<string, string>
  let folder: string
  const rows = Array.from({ length: 3_000 }, (_, row) => ({
    input: 100 + ((row * 37) % 4_000),
    output: (row * 11) % 900,
  }))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portitor-replay-spec-'))
    // Builds what startTemporarySystem runs.
    expect((await npmRunReplay(['--help'])).out).toContain('--trace FILE')
    system = await startTemporarySystem(new AbortController().signal)
    env = { PORTITOR_URL: system.url, PORTITOR_OPERATOR_KEY: system.operatorKey }
  })
  afterAll(async () => {
    await system?.stop()
    await rm(folder, { recursive: true })
  })

  const generated = async () => {
    const file = join(folder, 'generated.jsonl')
    const lines = rows.map(({ input, output }, row) =>
      JSON.stringify({ timestamp: row * 1_000, input_length: input, output_length: output }),
    )
    await writeFile(file, lines.join('\n'))
    return file
  }

  it('L-11 reports totals that an independent computation gives too, equal to the nano in ledger and analytics', async () => {
    const { code, err, report } = await npmRunReplay(['--trace', await generated(), '--json'], env)
    const { price, cost } = await owed(rows)
    expect({ code, err, ...report() }).toMatchObject({
      code: 0,
      events: 3_000,
      duplicates: 0,
      rejected: 0,
      reconciled: true,
      differences: [],
      price_nanos: price,
      ledger_price_nanos: price,
      analytics_price_nanos: price,
      cost_nanos: cost,
      ledger_cost_nanos: cost,
      analytics_cost_nanos: cost,
      input_tokens: rows.reduce((all, { input }) => all + input, 0),
      output_tokens: rows.reduce((all, { output }) => all + output, 0),
    })
  })

  it('M-5 a second replay of the same content adds nothing', async () => {
    const { code, report } = await npmRunReplay(['--trace', await generated(), '--json'], env)
    const { price } = await owed(rows)
    expect({ code, ...report() }).toMatchObject({
      code: 0,
      events: 3_000,
      duplicates: 3_000,
      rejected: 0,
      reconciled: true,
      ledger_price_nanos: price,
      analytics_price_nanos: price,
    })
  })

  it('says in one line what is wrong and sends nothing of a faulty file', async () => {
    const file = join(folder, 'faulty.csv')
    await writeFile(file, 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,1\n')
    const faulty = await npmRunReplay(['--trace', file, '--json'], env)
    expect(faulty).toMatchObject({ code: 1, out: '' })
    expect(faulty.err).toMatch(/^line 2: expected TIMESTAMP,ContextTokens,GeneratedTokens .*\n$/m)
    const wrongKey = await npmRunReplay(['--trace', await generated()], { ...env, PORTITOR_OPERATOR_KEY: 'wrong' })
    expect(wrongKey.code).toBe(1)
    expect(wrongKey.err).toMatch(/refuses the operator key: set PORTITOR_OPERATOR_KEY.*\n$/)
    const nowhere = await npmRunReplay(['--trace', await generated()], { ...env, PORTITOR_URL: 'http://127.0.0.1:1' })
    expect(nowhere.err).toMatch(/cannot be reached .*: start it with npm start, or set PORTITOR_URL.*\n$/)
    expect(await npmRunReplay([])).toMatchObject({ code: 2, out: '' })
  })

  const withTrace = existsSync(conv) ? it : it.skip
  if (withTrace !== it)
    console.warn(`Not run: ${conv} is not there. Fetch it from Azure/AzurePublicDataset on GitHub to replay it here.`)
  withTrace(
    `replays the Azure conversation trace on a system of its own, to the nano${withTrace === it ? '' : ' [not run: the trace is not there]'}`,
    async () => {
      const lines = readFileSync(conv, 'utf8').trimEnd().split(/\r?\n/).slice(1)
      const { price, cost } = await owed(
        lines.map((line) => ({ input: Number(line.split(',')[1]), output: Number(line.split(',')[2]) })),
      )
      const { code, report } = await npmRunReplay(['--trace', conv, '--json'])
      expect({ code, ...report() }).toMatchObject({
        code: 0,
        events: 19_366,
        input_tokens: 22_361_870,
        cached_input_tokens: 0,
        output_tokens: 4_088_665,
        duplicates: 0,
        rejected: 0,
        reconciled: true,
        price_nanos: price,
        ledger_price_nanos: price,
        analytics_price_nanos: price,
        cost_nanos: cost,
        ledger_cost_nanos: cost,
        analytics_cost_nanos: cost,
      })
    },
  )
})
