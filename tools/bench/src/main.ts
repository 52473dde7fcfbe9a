import { benchAuth } from './auth.bench.ts'
import { benchGrowth } from './growth.bench.ts'
import { benchIngest } from './ingest.bench.ts'
import { benchLedger } from './ledger.bench.ts'
import { type BenchName, help, readOptions } from './options.ts'
import { benchPipeline } from './pipeline.bench.ts'
import { benchPricing } from './pricing.bench.ts'
import { benchRating } from './rating.bench.ts'

const benches: Record<BenchName, (events: number, log: (text: string) => void) => Promise<object>> = {
  pipeline: benchPipeline,
  ingest: benchIngest,
  rating: benchRating,
  ledger: benchLedger,
  growth: benchGrowth,
  auth: benchAuth,
  pricing: benchPricing,
}
const EVENTS: Readonly<Record<BenchName, number>> = {
  pipeline: 200_000,
  ingest: 200_000,
  rating: 200_000,
  ledger: 200_000,
  growth: 1_000_000,
  auth: 50_000,
  pricing: 5_000,
}

const say = (text: string) => process.stderr.write(`${text}\n`)

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(`${help}\n`)
    return
  }
  const result = await benches[options.name](options.events ?? EVENTS[options.name], say)
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else
    for (const [name, value] of Object.entries(result))
      process.stdout.write(`${name.padEnd(32)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`)
}

run().then(
  () => process.exit(0),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error))
    process.exit(1)
  },
)
