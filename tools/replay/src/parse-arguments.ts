import { parseArgs } from 'node:util'
import type { Speed } from '@portitor/workload'
import { type PlanSource, planSourceOf } from './find-replay-plan.ts'

export const help = `npm run replay -- --trace FILE [options]

Sends a trace of LLM traffic through HTTP ingestion, waits until it is posted, and holds ledger and analytics against a
computation of its own from the published books.

  --trace FILE     Azure LLM inference trace (TIMESTAMP,ContextTokens,GeneratedTokens) or JSON lines
                   {"timestamp", "input_length", "output_length"[, "hash_ids"]}
  --speed max|N    as fast as can be, or N times the trace's own speed (max)
  --plan PLAN      what prices the rows: the file of a plan, the id of a published one, or the name of an example in
                   examples/plans. It is published if need be, and workspaces of their own are subscribed to it from the
                   month of the first row on. The agent of a row is then its number within its workspace modulo 3; where
                   the plan prices outcomes, every tenth row of a workspace is followed by a meeting that was booked, with
                   success and quality by its number. Unset: the price book
  --workspaces N   how many workspaces the rows are spread over (8)
  --json           the report as one JSON object, the last line of stdout; all else goes to stderr
  --help           this text

Environment:

  PORTITOR_URL           a running system; unset: a temporary one is started, and removed at the end
  PORTITOR_OPERATOR_KEY  its operator key

Ends with 0 only if everything reconciles.
`

export interface ReplayArguments {
  readonly trace: string
  readonly speed: Speed
  readonly workspaces: number
  /** Undefined: the price book. */
  readonly plan: PlanSource | undefined
  readonly json: boolean
  /** Undefined: start a temporary system. */
  readonly system: { readonly url: string; readonly operatorKey: string } | undefined
}

export type Arguments = { readonly help: true } | { readonly problem: string } | { readonly run: ReplayArguments }

const workspacesMax = 10_000

/** Reads the command line and what it takes from the environment; a problem says what is expected. */
export function parseArguments(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Arguments {
  const values = valuesOf(args)
  if (typeof values === 'string') return { problem: values }
  if (values.help === true) return { help: true }
  if (values.trace === undefined || values.trace === '')
    return { problem: '--trace is missing: give the file to replay' }
  const speed = values.speed === 'max' ? 'max' : Number(values.speed)
  if (speed !== 'max' && !(speed > 0 && Number.isFinite(speed)))
    return { problem: `--speed was ${values.speed}: expected max, or a number above 0 such as 10` }
  const workspaces = Number(values.workspaces)
  if (!Number.isInteger(workspaces) || workspaces < 1 || workspaces > workspacesMax)
    return { problem: `--workspaces was ${values.workspaces}: expected a whole number from 1 to ${workspacesMax}` }
  if (values.plan === '') return { problem: '--plan is empty: give the file of a plan, or the id of a published one' }
  const plan = values.plan === undefined ? undefined : planSourceOf(values.plan)
  const url = env['PORTITOR_URL']?.trim()
  const operatorKey = env['PORTITOR_OPERATOR_KEY']?.trim()
  if (url && !/^https?:\/\//.test(url))
    return { problem: `PORTITOR_URL was ${url}: expected an address such as http://127.0.0.1:8787` }
  if (url && !operatorKey)
    return { problem: 'PORTITOR_OPERATOR_KEY is not set: expected the operator key of the system at PORTITOR_URL' }
  const system = url && operatorKey ? { url, operatorKey } : undefined
  return { run: { trace: values.trace, speed, workspaces, plan, json: values.json === true, system } }
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        trace: { type: 'string' },
        speed: { type: 'string', default: 'max' },
        workspaces: { type: 'string', default: '8' },
        plan: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    return (error as Error).message
  }
}
