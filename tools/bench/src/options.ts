import { parseArgs } from 'node:util'

const names = ['pipeline', 'ingest', 'rating', 'ledger', 'growth', 'auth', 'pricing'] as const
export type BenchName = (typeof names)[number]

export interface BenchOptions {
  readonly name: BenchName
  readonly events: number | undefined
  readonly json: boolean
}

export const help = `npm run bench -- pipeline|ingest|rating|ledger|growth|auth|pricing [--events N] [--json]

Measures a rate against a limit found in the same run, on real Kafka and PostgreSQL that it starts itself; pricing
measures pure functions and starts nothing.

  pipeline   Kafka → rated → posted, in transfer rows a second; limit: raw COPY of the same rows
  ledger     rated usage → posted, in transfer rows a second; limit: raw COPY of the same rows
  rating     recorded usage → rated, in events a second; limit: the pure functions alone
  ingest     HTTP → in the log, in events a second; limit: raw Kafka produce with acks=all
  growth     cost of an event as events and workspaces grow
  auth       requests a second through the guard, in one process; limit: the same handler on an open route
  pricing    evaluations of F a second for each charge model, and a batch of events through a book

  --events N   how many events, or requests (default: 200000; growth: 1000000; auth: 50000;
                 pricing: a batch of 5000)
  --json       the result as one JSON object on the last line of standard output`

export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      events: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const name = names.find((known) => known === positionals[0])
  if (name === undefined) throw new Error(`expected one of ${names.join(', ')}; see --help`)
  const events = values.events === undefined ? undefined : Number(values.events)
  if (events !== undefined && (!Number.isInteger(events) || events < 1_000 || events > 100_000_000)) {
    throw new Error(`--events was ${JSON.stringify(values.events)}: expected a whole number from 1000 to 100000000`)
  }
  return { name, events, json: values.json }
}
