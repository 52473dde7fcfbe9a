import { randomInt, randomUUID } from 'node:crypto'
import { Controller, Get, HttpCode, Module, Post } from '@nestjs/common'
import type { Bus } from '@portitor/bus'
import {
  type Endpoint,
  HEARTBEAT_MS,
  type IdentityChanged,
  identityChangedTopic,
  type Introspection,
  type Principal,
  tokenOperations,
} from '@portitor/contracts'
import { Guard, IdentityFollower, newApiKey } from '@portitor/identity'
import { bootService, createLog, Open, type Service } from '@portitor/service'
import { percentiles } from './http-load.ts'
import { type BenchResult, ratioOf } from './result.ts'

const operatorKey = 'a secret of this benchmark, long enough'
const key = newApiKey('live', randomInt)
const workspace = randomUUID()
const principal: Principal = {
  kind: 'api_key',
  id: randomUUID(),
  operator: false,
  credential_id: randomUUID(),
  mode: 'live',
  memberships: [
    { workspace_id: workspace, workspace_status: 'active', team_id: null, scopes: ['usage:read', 'ledger:read'] },
  ],
  agent: null,
  ip_allow_list: [],
  expires_at: null,
  depends_on: [workspace],
}

/** The same handler twice, and what `auth` would answer: the difference is the guard. */
@Controller('api/v1')
class BenchController {
  @Get('open')
  @Open()
  open() {
    return { ok: true }
  }

  @Get('guarded')
  guarded() {
    return { ok: true }
  }

  @Post('auth/introspect')
  @HttpCode(200)
  introspect(): Introspection {
    return { principal }
  }
}
@Module({ controllers: [BenchController] })
class BenchModule {}

const guarded: Endpoint = {
  service: 'bench',
  method: 'GET',
  path: '/api/v1/guarded',
  summary: 'Guarded',
  workspace: 'optional',
  scope: 'ledger:read',
  answers: {},
}
const endpoints = [guarded, ...tokenOperations.filter(({ path }) => path.endsWith('/introspect'))]
const headers = { authorization: `Bearer ${key}` }
const ROUNDS = 5

/** What the guard costs a request: processor time of a guarded route over that of an open one, in this process and without sockets. */
export async function benchAuth(requests: number, log: (text: string) => void): Promise<BenchResult> {
  const warm = await boot(beatingBus())
  const cold = await boot(silentBus)
  const perRound = Math.ceil(requests / ROUNDS)
  try {
    log('warming up')
    for (const path of ['open', 'guarded']) await measure(warm, path, perRound)
    log(`${requests} requests to each route`)
    const rounds: Record<'open' | 'warm' | 'cold', Measured>[] = []
    for (let n = 0; n < ROUNDS; n += 1)
      rounds.push({
        open: await measure(warm, 'open', perRound),
        warm: await measure(warm, 'guarded', perRound),
        cold: await measure(cold, 'guarded', Math.ceil(perRound / 4)),
      })
    const cpu = (kind: 'open' | 'warm' | 'cold') => median(rounds.map((round) => round[kind].cpuUs))
    const rate = median(rounds.map((round) => round.warm.perSecond))
    const limit = median(rounds.map((round) => round.open.perSecond))
    const { p50, p99 } = percentiles(rounds.flatMap((round) => round.warm.durations))
    return {
      name: 'auth',
      unit: 'requests',
      rate: Math.round(rate),
      limit: Math.round(limit),
      ratio: ratioOf(rate, limit),
      p50_ms: p50,
      p99_ms: p99,
      rss_mb: Math.round(process.memoryUsage.rss() / 1_048_576),
      requests,
      open_cpu_us: tenths(cpu('open')),
      warm_guard_cpu_us: tenths(cpu('warm') - cpu('open')),
      cold_guard_cpu_us: tenths(cpu('cold') - cpu('open')),
      warm_decision_cpu_us: tenths(await decisionUs(requests)),
    }
  } finally {
    await warm.close()
    await cold.close()
  }
}

function boot(bus: Pick<Bus, 'follow' | 'append'>): Promise<Service> {
  const log = createLog({ name: 'bench', level: 'silent' })
  return bootService({
    name: 'bench',
    module: BenchModule,
    endpoints,
    bus,
    port: 0,
    host: '127.0.0.1',
    operatorKey,
    log,
  })
}

interface Measured {
  readonly cpuUs: number
  readonly perSecond: number
  readonly durations: readonly number[]
}

async function measure(service: Service, path: string, requests: number): Promise<Measured> {
  const durations: number[] = []
  const cpu = process.cpuUsage()
  const begunMs = performance.now()
  for (let n = 0; n < requests; n += 1) {
    const sentMs = performance.now()
    const answer = await service.app.inject({ method: 'GET', url: `/api/v1/${path}`, headers })
    if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}: ${answer.body}`)
    durations.push(performance.now() - sentMs)
  }
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - begunMs) / 1_000
  return { cpuUs: (user + system) / requests, perSecond: requests / seconds, durations }
}

/** The guard alone on a remembered credential, without a server around it. */
async function decisionUs(requests: number): Promise<number> {
  const follower = new IdentityFollower({ now: Date.now, failed: () => undefined })
  await follower.start(beatingBus(), 'bench')
  const askAuth = () => Promise.resolve({ principal })
  const guard = new Guard({ operatorKey, follower, askAuth, now: Date.now, scopeRefused: () => undefined })
  const call = { url: '/api/v1/guarded', headers, address: '127.0.0.1', requestId: 'r', target: guarded }
  await guard.admit(call)
  const rounds: number[] = []
  for (let n = 0; n < ROUNDS; n += 1) {
    const cpu = process.cpuUsage()
    for (let m = 0; m < requests; m += 1) if (guard.admit(call) instanceof Promise) throw new Error('not remembered')
    const { user, system } = process.cpuUsage(cpu)
    rounds.push((user + system) / requests)
    // Heartbeats are heard in between.
    await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS))
  }
  await follower.close()
  return median(rounds)
}

const silentBus: Pick<Bus, 'follow' | 'append'> = {
  append: () => Promise.resolve(),
  follow: () => Promise.resolve({ caughtUp: Promise.resolve(), close: () => Promise.resolve() }),
}

/** A log in which nothing happens but heartbeats. */
function beatingBus(): Pick<Bus, 'follow' | 'append'> {
  let offset = 0n
  return {
    append: () => Promise.resolve(),
    follow(_topic, _name, apply) {
      const beat = () => {
        const changed: IdentityChanged = { kind: 'heartbeat', at: new Date().toISOString() }
        const value = Buffer.from(JSON.stringify(changed))
        const place = {
          topic: identityChangedTopic.name,
          partition: 0,
          offset: (offset += 1n),
          timestampMs: Date.now(),
        }
        apply({ ...place, key: 'heartbeat', value, headers: {} })
      }
      beat()
      const heart = setInterval(beat, HEARTBEAT_MS)
      return Promise.resolve({ caughtUp: Promise.resolve(), close: async () => clearInterval(heart) })
    },
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
