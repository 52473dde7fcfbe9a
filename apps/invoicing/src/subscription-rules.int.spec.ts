import { busMigrations, KafkaBus } from '@portitor/bus'
import { type SubscriptionChanged, subscriptionChangedTopic } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import type { Caller } from '@portitor/service'
import { connectAsOwner, describeWith, engineUrl, freshDatabase, waitMsMax } from '@portitor/testing'
import { invoicingMigrations } from './migrations/index.ts'
import { SubscriptionChanges } from './subscription-changes.ts'
import { recordOf } from './subscription-record.fixture.ts'
import { findSubscription, insertSubscription, listSubscriptions, updateSubscription } from './subscriptions.store.ts'

async function openDatabase() {
  const fresh = await freshDatabase()
  await migrate(fresh.url, 'bus', busMigrations)
  await migrate(fresh.url, 'invoicing', invoicingMigrations)
  return { ...fresh, database: new Database({ url: fresh.url, connectionsMax: 4, applicationName: 'spec' }) }
}

describeWith(['postgres'], 'what the database holds of subscriptions by itself', () => {
  let world: Awaited<ReturnType<typeof openDatabase>>
  const record = recordOf()
  beforeAll(async () => {
    world = await openDatabase()
    await world.database.transaction((tx) => insertSubscription(tx, record))
  })
  afterAll(async () => {
    await world.database.close()
    await world.drop()
  })

  it('I-4 a tenant reads its own and writes none; without a workspace it sees none', async () => {
    const { database } = world
    const page = { workspaceId: undefined, before: undefined, limit: 10 }
    expect(await database.asTenant(record.workspaceId, (tx) => listSubscriptions(tx, page))).toEqual([record])
    const other = '0192f0c1-0000-7000-8000-0000000000ff'
    expect(await database.asTenant(other, (tx) => listSubscriptions(tx, page))).toEqual([])
    for (const statement of [
      'update invoicing.subscriptions set revision = 2',
      'delete from invoicing.subscriptions',
      'insert into invoicing.subscriptions select * from invoicing.subscriptions',
      'select * from invoicing.idempotency_keys',
    ])
      await expect(database.asTenant(record.workspaceId, (tx) => tx.query(statement))).rejects.toThrow(
        'permission denied',
      )
  })

  it('B-2 no revision is left out or used twice, and what identifies a subscription stays, whoever writes', async () => {
    const owner = await connectAsOwner(world.url)
    try {
      await expect(owner.query('update invoicing.subscriptions set revision = 3')).rejects.toThrow('does not follow')
      await expect(
        owner.query(`update invoicing.subscriptions set revision = 2, starts_at = starts_at - interval '1 day'`),
      ).rejects.toThrow('do not change')
    } finally {
      await owner.end()
    }
    await world.database.transaction((tx) => updateSubscription(tx, { ...record, revision: 2 }))
    expect(await findSubscription(world.database, { id: record.id, workspaceId: undefined })).toMatchObject({
      revision: 2,
    })
  })

  it('B-2 a second subscription may begin where the first one ends, and no sooner', async () => {
    const { database } = world
    const endsAtMs = record.startsAtMs + 86_400_000
    await database.transaction((tx) => updateSubscription(tx, { ...record, revision: 3, endsAtMs }))
    const next = { ...record, id: '0192f0c1-0000-7000-8000-000000000003' }
    await expect(
      database.transaction((tx) => insertSubscription(tx, { ...next, startsAtMs: endsAtMs - 1 })),
    ).rejects.toMatchObject({ code: 'subscription.overlap' })
    await database.transaction((tx) => insertSubscription(tx, { ...next, startsAtMs: endsAtMs }))
    // Its end cannot be taken back any more.
    await expect(
      database.transaction((tx) => updateSubscription(tx, { ...record, revision: 4 })),
    ).rejects.toMatchObject({ code: 'subscription.overlap' })
  })
})

describeWith(['postgres', 'kafka'], 'a process that is killed after the commit', () => {
  it('B-2 has lost nothing: the next one tells of the subscription, once', async () => {
    const world = await openDatabase()
    // Of this run alone: the broker is shared with other specs.
    const service = `invoicing-${crypto.randomUUID()}`
    const open = () => new KafkaBus(world.database, { brokers: [engineUrl('kafka')], service, partitions: 4 })
    // Never started, so it delivers nothing: as one that dies right after the commit.
    const dying = new SubscriptionChanges(world.database, open(), 0)
    const record = recordOf({ id: crypto.randomUUID() })
    await world.database.transaction((tx) => dying.start(tx, spec, record))
    const bus = open()
    await bus.start()
    try {
      const told: SubscriptionChanged[] = []
      const follower = await bus.follow(subscriptionChangedTopic, 'spec', ({ key, value }) => {
        if (key === record.id) told.push(JSON.parse(value!.toString()) as SubscriptionChanged)
      })
      const deadline = Date.now() + waitMsMax
      while (told.length === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
      await follower.close()
      expect(told.map(({ subscription }) => [subscription.id, subscription.revision])).toEqual([[record.id, 1]])
    } finally {
      await bus.close()
      await world.database.close()
      await world.drop()
    }
  })
})

const spec: Caller = {
  principal: {
    kind: 'operator',
    id: 'operator',
    operator: true,
    credential_id: null,
    mode: 'live',
    memberships: [],
    agent: null,
    ip_allow_list: [],
    expires_at: null,
    depends_on: [],
  },
  workspaceId: undefined,
  scopes: [],
  intent: { workflow: undefined, costCenter: undefined, intent: undefined },
  address: '192.0.2.7',
  requestId: 'spec',
}
