import { parseArgs } from 'node:util'

export interface ChaosOptions {
  readonly kills: number
  readonly events: number
  readonly seed: number
  readonly json: boolean
}

export const help = `npm run chaos -- [--kills N] [--events N] [--seed N] [--json]

Runs the services as separate processes over real Kafka and PostgreSQL, kills random ones with SIGKILL under load (the
broker and the database among them), restarts them, sends some input twice on purpose, and then proves from the database
that every accepted event was posted exactly once and that ledger and analytics agree to the nano.

  --kills N    processes to kill (default 30)
  --events N   different events to send (default 20000)
  --seed N     what is killed when, and what is sent twice (default: random, printed)
  --json       the result as one JSON object on the last line of standard output

Exit status 0 if and only if nothing was lost, doubled or differs.`

export function readOptions(args: readonly string[]): ChaosOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: '30' },
      events: { type: 'string', default: '20000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  return {
    kills: whole('--kills', values.kills, 0, 100_000),
    events: whole('--events', values.events, 1, 10_000_000),
    seed: whole('--seed', values.seed, 0, 4_294_967_295),
    json: values.json,
  }
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${name} was ${JSON.stringify(text)}: expected a whole number from ${min} to ${max}`)
  }
  return value
}
