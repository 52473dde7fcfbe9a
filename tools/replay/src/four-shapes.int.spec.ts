import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { jest } from '@jest/globals'
import { openTrace } from './read-trace.ts'
import { replayTrace } from './replay-trace.ts'
import { startTemporarySystem, type TemporarySystem } from './temporary-system.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const conv = join(root, '../shared/data/traces/azure/AzureLLMInferenceTrace_conv.csv')
jest.setTimeout(900_000)

const shapes = ['agent-subscription', 'agent-overage', 'outcome', 'hybrid'] as const
type Shape = (typeof shapes)[number]
/** Input and output tokens together. */
type Row = number

/** What a workspace did, by what the README of this tool says of a row's number: written down here a second time. */
interface Done {
  readonly tokensByAgent: readonly number[]
  readonly meetings: readonly { success: boolean; qualityTenths: number }[]
}

function doneBy(workspace: number, rows: readonly Row[], workspaces: number): Done {
  const own = rows.filter((_, row) => row % workspaces === workspace)
  const tokensByAgent = [0, 1, 2].map((agent) =>
    own.reduce((all, tokens, index) => (index % 3 === agent ? all + tokens : all), 0),
  )
  const meetings = Array.from({ length: Math.ceil(own.length / 10) }, (_, number) => ({
    success: number % 4 !== 3,
    qualityTenths: 5 + (number % 5),
  }))
  return { tokensByAgent, meetings }
}

const dollar = 1_000_000_000n
const above = (tokens: readonly number[], included: number) =>
  tokens.reduce((all, used) => all + BigInt(Math.max(0, used - included)), 0n)

/** The lines of a bill as the words of the shape say, in nanos: arithmetic of this spec's own, on the rows. */
const owed: Record<Shape, (done: Done) => Record<string, bigint>> = {
  'agent-subscription': () => ({ 'fee agent': 3n * 49n * dollar }),
  'agent-overage': ({ tokensByAgent }) => ({
    'fee agent': 3n * 49n * dollar,
    // $0.50 for a million are 500 nanos for each.
    'usage tokens': above(tokensByAgent, 5_000_000) * 500n,
  }),
  outcome: ({ meetings }) => ({
    'usage meetings': BigInt(meetings.filter(({ success }) => success).length) * 12n * (dollar / 10n),
  }),
  hybrid: ({ tokensByAgent, meetings }) => ({
    'fee platform': 199n * dollar,
    'usage outcomes':
      BigInt(meetings.filter(({ success, qualityTenths }) => success && qualityTenths >= 7).length) *
      8n *
      (dollar / 10n),
    'usage tokens': above(tokensByAgent, 10_000_000) * 400n,
  }),
}

const usageIn = (lines: Record<string, bigint>) =>
  Object.entries(lines).reduce((all, [line, amount]) => (line.startsWith('usage ') ? all + amount : all), 0n)
const inAll = (lines: Record<string, bigint>) => Object.values(lines).reduce((all, amount) => all + amount, 0n)

describe('the four shapes over a trace', () => {
  let system: TemporarySystem
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portitor-shapes-spec-'))
    // Builds what startTemporarySystem runs.
    expect(spawnSync(process.execPath, [join(root, 'tools/run.mjs'), 'replay', '--help'], { cwd: root }).status).toBe(0)
    system = await startTemporarySystem(new AbortController().signal)
  })
  afterAll(async () => {
    await system?.stop()
    await rm(folder, { recursive: true })
  })

  const ask = async (path: string, workspaceId: string, body?: object) => {
    const headers = { authorization: `Bearer ${system.operatorKey}`, 'x-workspace-id': workspaceId }
    const response = await fetch(
      `${system.url}${path}`,
      body === undefined
        ? { headers }
        : {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          },
    )
    expect({ path, status: response.status }).toEqual({ path, status: 200 })
    return response.text()
  }

  /** What the ledger credited to revenue, as lines of a bill; what was debited was given back. */
  const revenue = async (workspaceId: string) => {
    const text = await ask(`/api/v1/ledger/export?format=ndjson&workspace_id=${workspaceId}`, workspaceId)
    const lines: Record<string, bigint> = {}
    for (const line of text.split('\n')) {
      if (line === '') continue
      const transfer = JSON.parse(line) as Record<string, string>
      if (transfer['code'] !== 'usage.price') continue
      const amount = BigInt(transfer['amount_nanos']!)
      const name = `usage ${transfer['charge']}`
      const earned = transfer['credit_account']!.startsWith('revenue:')
      lines[name] = (lines[name] ?? 0n) + (earned ? amount : -amount)
    }
    return owing(lines)
  }

  const bill = async (workspaceId: string, period: string) => {
    const { lines, total_nanos } = JSON.parse(await ask(`/api/v1/pricing/bill?period=${period}`, workspaceId)) as {
      lines: { kind: string; id: string; amount_nanos: string }[]
      total_nanos: string
    }
    const amounts = lines.map(({ kind, id, amount_nanos }) => [`${kind} ${id}`, BigInt(amount_nanos)] as const)
    return { lines: owing(Object.fromEntries(amounts)), total: BigInt(total_nanos) }
  }

  const replay = async (
    file: string,
    plan: Shape | { readonly file: string } | { readonly name: string },
    workspaces: number,
  ) =>
    replayTrace(await openTrace(file), {
      speed: 'max',
      workspaces,
      plan: typeof plan === 'string' ? { name: plan } : plan,
      system,
      log: () => undefined,
    })

  /** Replays, and holds report, ledger and bills of every workspace against the rows. */
  async function isOwed(file: string, shape: Shape, { rows, workspaces, period }: Recomputed) {
    const report = await replay(file, shape, workspaces)
    const all = Array.from({ length: workspaces }, (_, index) => owed[shape](doneBy(index, rows, workspaces)))
    const usage = String(all.reduce((sum, lines) => sum + usageIn(lines), 0n))
    expect(report).toMatchObject({
      differences: [],
      rejections: [],
      reconciled: true,
      duplicates: 0,
      price_nanos: usage,
      ledger_price_nanos: usage,
      analytics_price_nanos: usage,
    })
    const sorted = report.by_workspace.toSorted((left, right) => (left.workspace < right.workspace ? -1 : 1))
    expect(sorted).toHaveLength(workspaces)
    for (const [index, { workspace_id, price_nanos, bill: reported }] of sorted.entries()) {
      const lines = owing(all[index]!)
      const usageLines = Object.fromEntries(Object.entries(lines).filter(([line]) => line.startsWith('usage ')))
      expect(price_nanos).toBe(String(usageIn(lines)))
      expect(await revenue(workspace_id)).toEqual(usageLines)
      expect(await bill(workspace_id, period)).toEqual({ lines, total: inAll(lines) })
      expect(reported).toMatchObject({ periods: [period], total_nanos: String(inAll(lines)) })
    }
    return report
  }

  const generated = async () => {
    const rows = Array.from({ length: 1_500 }, (_, row) => ({
      input: ((row % 6) + 1) * 5_000 + ((row * 7_919) % 47_000),
      output: (row * 131) % 9_000,
    }))
    const file = join(folder, 'generated.jsonl')
    const text = rows.map(({ input, output }, row) =>
      JSON.stringify({ timestamp: row * 1_000, input_length: input, output_length: output }),
    )
    await writeFile(file, text.join('\n'))
    return { file, rows: rows.map(({ input, output }) => input + output) }
  }

  it('B-1 is told by a trace in which allowances are used up and not used up, and outcomes fail each way', async () => {
    const { rows } = await generated()
    const done = [0, 1].map((workspace) => doneBy(workspace, rows, 2))
    const tokens = done.flatMap(({ tokensByAgent }) => tokensByAgent)
    for (const included of [5_000_000, 10_000_000]) expect(above(tokens, included)).toBeGreaterThan(0n)
    expect(Math.min(...tokens)).toBeLessThan(10_000_000)
    const meetings = done.flatMap((one) => one.meetings)
    expect(new Set(meetings.map(({ success, qualityTenths }) => `${success} ${qualityTenths >= 7}`)).size).toBe(4)
  })

  it.each(shapes)('R-3 B-1 %s: ledger, analytics and bills are what the rows come to, to the nano', async (shape) => {
    const { file, rows } = await generated()
    await isOwed(file, shape, { rows, workspaces: 2, period: '2025-01' })
  })

  it('M-5 a second replay under a plan adds nothing, and its bills are the same', async () => {
    const { file, rows } = await generated()
    const report = await replay(file, 'hybrid', 2)
    expect(report).toMatchObject({ reconciled: true, duplicates: report.events })
    const { workspace_id } = report.by_workspace.find(({ workspace }) => workspace.endsWith('-001'))!
    const lines = owed.hybrid(doneBy(0, rows, 2))
    expect(await bill(workspace_id, '2025-01')).toEqual({ lines: owing(lines), total: inAll(lines) })
  })

  it('B-1 changes no plan and no subscription of anybody: it says in a sentence what is in its way, and sends nothing', async () => {
    const file = join(folder, 'small.jsonl')
    await writeFile(file, JSON.stringify({ timestamp: 0, input_length: 10, output_length: 1 }))
    const other = join(folder, 'other.json')
    const example = JSON.parse(readFileSync(join(root, 'examples/plans/outcome.json'), 'utf8')) as object
    await writeFile(other, JSON.stringify({ ...example, name: 'another outcome' }))
    const { by_workspace } = await replay(file, 'outcome', 1)
    await expect(replay(file, { file: other }, 1)).rejects.toThrow(
      /^the plan outcome is published and says something else/,
    )
    await writeFile(other, '{"id": "outcome"}')
    await expect(replay(file, { file: other }, 1)).rejects.toThrow(/other\.json is no plan: name: /)
    await expect(replay(file, { file: join(folder, 'none.json') }, 1)).rejects.toThrow(/cannot be read \(ENOENT\)/)
    await expect(replay(file, { name: 'nobodys' }, 1)).rejects.toThrow(/^no plan nobodys is published, and examples/)

    const { workspace_id } = by_workspace[0]!
    const { data } = JSON.parse(await ask('/api/v1/subscriptions', workspace_id)) as { data: { id: string }[] }
    const end = { when: '2025-01-01T00:00:00Z', backdate: true }
    await ask(`/api/v1/subscriptions/${data[0]!.id}/cancel`, workspace_id, end)
    await expect(replay(file, 'outcome', 1)).rejects.toThrow(/ is subscribed otherwise at the time of the trace/)
  })

  const withTrace = existsSync(conv) ? it.each(shapes) : it.skip.each(shapes)
  if (!existsSync(conv))
    console.warn(`Not run: ${conv} is not there. Fetch it from Azure/AzurePublicDataset on GitHub to replay it here.`)
  withTrace('R-3 B-1 %s: the Azure conversation trace comes to what its rows do, to the nano', async (shape) => {
    const lines = readFileSync(conv, 'utf8').trimEnd().split(/\r?\n/).slice(1)
    const rows = lines.map((line) => Number(line.split(',')[1]) + Number(line.split(',')[2]))
    await isOwed(conv, shape, { rows, workspaces: 1, period: '2023-11' })
  })
})

interface Recomputed {
  readonly rows: readonly Row[]
  readonly workspaces: number
  readonly period: string
}

/** Lines that come to nothing may be there or not. */
function owing(lines: Record<string, bigint>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(lines).filter(([, amount]) => amount !== 0n))
}
