import cliProgress from 'cli-progress'
import { killLoop } from './kill-loop.ts'
import { type Load, sendLoad } from './load.ts'
import { help, readOptions } from './options.ts'
import { seededRandom } from './random.ts'
import { type DistributedSystem, startDistributedSystem } from '@portitor/stack'
import { judge } from './verdict.ts'

const WORKSPACES = 12
/** Two of each service that shares its work; one owner of the ClickHouse engine. */
const REPLICAS = { auth: 1, ingestion: 2, rating: 2, ledger: 2, analytics: 1 }

const say = (text: string) => process.stderr.write(`${text}\n`)

async function run(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(`${help}\n`)
    return 0
  }
  const startedMs = Date.now()
  say(`seed ${options.seed}; starting Kafka, PostgreSQL and the services`)
  const system = await startDistributedSystem({ replicas: REPLICAS, partitions: 6, log: say })
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: 'kills {bar} {value}/{total}  accepted {accepted}  {last}',
  })
  try {
    const workspaces = await createWorkspaces(system)
    const load: Load = { accepted: new Set(), repeated: 0, allowed: 1 / (options.kills + 1) }
    const random = seededRandom(options.seed)
    const show = process.stderr.isTTY
    if (show) bar.start(options.kills, 0, { accepted: 0, last: '' })
    const sending = sendLoad(system, {
      events: options.events,
      workspaces,
      random: seededRandom(options.seed + 1),
      load,
    })
    const killing = killLoop(system, {
      kills: options.kills,
      random,
      onKill(name, count) {
        load.allowed = (count + 1) / (options.kills + 1)
        if (show) bar.update(count, { accepted: load.accepted.size, last: name })
        else say(`kill ${count}/${options.kills}: ${name} (${load.accepted.size} accepted)`)
      },
    })
    const [kills] = await Promise.all([killing, sending])
    if (show) bar.stop()
    say(`${load.accepted.size} events accepted, ${load.repeated} batches sent twice; waiting until all is posted`)
    const { reconciliation, ...verdict } = await judge(system, load.accepted)
    for (const difference of reconciliation.differences) say(`difference: ${JSON.stringify(difference)}`)
    const seconds = Math.round((Date.now() - startedMs) / 1_000)
    const result = { kills, ...verdict, seed: options.seed, seconds }
    say(verdict.ok ? `exact after ${kills} kills` : `NOT exact: run again with --seed ${options.seed}`)
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
    else for (const [name, value] of Object.entries(result)) process.stdout.write(`${name.padEnd(12)} ${value}\n`)
    return verdict.ok ? 0 : 1
  } finally {
    bar.stop()
    await system.stop()
  }
}

async function createWorkspaces(system: DistributedSystem): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < WORKSPACES; n += 1) {
    const response = await fetch(`${system.of('auth')[0]!.url}/api/v1/workspaces`, {
      method: 'POST',
      headers: { authorization: `Bearer ${system.operatorKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: `chaos-${n}` }),
    })
    if (response.status !== 201)
      throw new Error(`creating a workspace answered ${response.status}: ${await response.text()}`)
    ids.push(((await response.json()) as { id: string }).id)
  }
  return ids
}

run().then(
  (status) => process.exit(status),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error))
    process.exit(1)
  },
)
