import { EmbeddedBus } from '@portitor/bus'
import {
  ledgerEndpoints,
  type LedgerPage,
  ledgerPageSchema,
  type LedgerTransfer,
  type RatedUsage,
} from '@portitor/contracts'
import { bootService, createLog } from '@portitor/service'
import { LedgerModule } from './ledger.module.ts'
import { openLedger } from './ledger-world.fixture.ts'
import { ratedUsage, WORKSPACES } from './rated-usage.fixture.ts'

const operatorKey = 'a secret of this spec, 40 characters long'
export const [acme, other] = WORKSPACES
export const start = Date.UTC(2023, 10, 14)
/** So many hours after the first event. */
export const at = (hours: number) => new Date(start + hours * 3_600_000).toISOString()

/** An hour apart: even hours of acme, every third of the other one; the last two owe nothing or less. */
const events: readonly RatedUsage[] = [
  ...Array.from({ length: 12 }, (_, hour) =>
    ratedUsage(
      { price: { tokens: BigInt(100 + hour), requests: 1n }, cost: { tokens: BigInt(50 + hour) } },
      {
        id: `acme-${hour}`,
        time: at(hour),
        agent_id: hour % 2 === 0 ? 'even' : 'odd',
        user_id: 'u',
        workflow: 'triage',
        model: hour < 6 ? 'gpt-4o' : 'gpt-4o-mini',
        team: 'red',
      },
    ),
  ),
  ...Array.from({ length: 4 }, (_, n) =>
    ratedUsage(
      { price: { tokens: 7n }, cost: { tokens: 3n } },
      { id: `other-${n}`, workspace_id: other, time: at(3 * n), provider: 'anthropic', model: 'claude' },
    ),
  ),
  ratedUsage({}, { id: 'free', time: at(12) }),
  ratedUsage({ price: { tokens: -20n }, cost: { tokens: -5n } }, { id: 'back', time: at(13) }),
]

/** A ledger with those events behind its API, for specs. */
export async function openLedgerApi() {
  const world = await openLedger(6)
  const bus = new EmbeddedBus(world.database, { partitions: 4 })
  await bus.start()
  await world.post(events)
  const service = await bootService({
    name: 'ledger',
    module: LedgerModule.with({ database: world.database, bus }),
    endpoints: ledgerEndpoints,
    bus,
    port: 0,
    host: '127.0.0.1',
    operatorKey,
    log: createLog({ name: 'ledger', level: 'silent' }),
  })
  /** Asks as the operator, or as the customer of a workspace. */
  const ask = async (path: string, workspace?: string) => {
    const headers = { apikey: operatorKey, ...(workspace === undefined ? {} : { 'x-workspace-id': workspace }) }
    const response = await fetch(`${service.url}/api/v1${path}`, { headers })
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }
  const read = async (path: string, workspace?: string) => {
    const { status, text } = await ask(path, workspace)
    return { status, body: JSON.parse(text) as Record<string, unknown> }
  }
  const list = async (query = '', workspace?: string): Promise<LedgerPage> => {
    const { status, body } = await read(`/ledger?limit=500&${query}`, workspace)
    if (status !== 200) throw new Error(`status ${status}`)
    return ledgerPageSchema.parse(body)
  }
  const close = async () => {
    await service.close()
    await bus.close()
    await world.close()
  }
  return { ...world, bus, service, ask, read, list, close }
}
export type LedgerApi = Awaited<ReturnType<typeof openLedgerApi>>

export const idsOf = (transfers: readonly LedgerTransfer[]) => transfers.map(({ id }) => id)
