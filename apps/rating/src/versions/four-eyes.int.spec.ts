import { busMigrations, EmbeddedBus } from '@portitor/bus'
import { auditRecordedTopic, type PlanContent, type Principal } from '@portitor/contracts'
import { Database, migrate } from '@portitor/postgres'
import type { Caller } from '@portitor/service'
import { connectAsOwner, describeWith, freshDatabase } from '@portitor/testing'
import { ratingMigrations } from '../index.ts'
import { planFixture } from '../plans/plan.fixture.ts'
import { PlansStore } from '../plans/plans.store.ts'
import { VersionChanges } from './version-changes.ts'

const caller = (kind: Principal['kind'], id: string): Caller => ({
  principal: {
    kind,
    id,
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
  address: '127.0.0.1',
  requestId: 'a request',
})
const ada = caller('user', 'ada')
const bob = caller('user', 'bob')
const now = { effective_from: 'now', backdate: false }

describeWith(['postgres'], 'publishing with four eyes', () => {
  let server: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  let bus: EmbeddedBus
  beforeAll(async () => {
    server = await freshDatabase()
    await migrate(server.url, 'bus', busMigrations)
    await migrate(server.url, 'rating', ratingMigrations)
    database = new Database({ url: server.url, connectionsMax: 4, applicationName: 'four-eyes.int.spec' })
    bus = new EmbeddedBus(database, { partitions: 2 })
  })
  afterAll(async () => {
    await database.close()
    await server.drop()
  })

  const changes = () =>
    new VersionChanges({ database, bus, store: new PlansStore(bus), fourEyes: true, check: async () => [] })
  const drafted = async (id: string): Promise<PlanContent> => {
    const content = planFixture({ id })
    await changes().draft(ada, id, { note: '', content })
    return content
  }
  const approve = { verdict: 'approve', note: 'read it' } as const

  it('R-4 publishes with an approval of another principal, keeps who did what, and audits it', async () => {
    await drafted('good')
    await expect(changes().publish(ada, 'good', 1, now)).rejects.toMatchObject({ code: 'plan.approval_missing' })
    await expect(changes().review(ada, 'good', 1, approve)).rejects.toMatchObject({ code: 'plan.own_review' })
    const reviewed = await changes().review(bob, 'good', 1, approve)
    expect(reviewed.reviews).toMatchObject([{ reviewer: { kind: 'user', id: 'bob' }, stands: true, note: 'read it' }])
    expect(await changes().publish(ada, 'good', 1, now)).toMatchObject({
      status: 'published',
      author: { kind: 'user', id: 'ada' },
      publisher: { kind: 'user', id: 'ada' },
      reviews: [{ reviewer: { kind: 'user', id: 'bob' }, verdict: 'approve', stands: true }],
    })
    const { rows } = await database.query<{ value: Buffer }>('select value from bus.records where topic = $1', [
      auditRecordedTopic.name,
    ])
    const entries = rows.map(({ value }) => JSON.parse(value.toString()) as { action: string; actor: { id: string } })
    expect(entries.map(({ action, actor }) => `${action} by ${actor.id}`)).toEqual([
      'plan.drafted by ada',
      'plan.reviewed by bob',
      'plan.published by ada',
    ])
  })

  it('R-4 a changed draft loses its approvals, whoever changes it and however', async () => {
    const content = await drafted('changed')
    await changes().review(bob, 'changed', 1, approve)
    const changed = await changes().replace(ada, 'changed', 1, { note: '', content: { ...content, name: 'Dearer' } })
    expect(changed).toMatchObject({ revision: 2, reviews: [{ stands: false }] })
    await expect(changes().publish(ada, 'changed', 1, now)).rejects.toMatchObject({ code: 'plan.approval_missing' })

    await changes().review(bob, 'changed', 1, approve)
    const owner = await connectAsOwner(server.url)
    await owner.query(
      `update rating.plan_versions set content = '{}', content_sha256 = encode(sha256('{}'), 'hex'), revision = 2 where plan = 'changed'`,
    )
    await owner.end()
    await expect(changes().publish(ada, 'changed', 1, now)).rejects.toMatchObject({ code: 'plan.approval_missing' })
  })

  it('R-4 who changes a draft is its author: they cannot approve their own change', async () => {
    const content = await drafted('own')
    await changes().replace(bob, 'own', 1, { note: '', content: { ...content, name: 'Mine' } })
    await expect(changes().review(bob, 'own', 1, approve)).rejects.toMatchObject({ code: 'plan.own_review' })
    await changes().review(ada, 'own', 1, approve)
    expect(await changes().publish(bob, 'own', 1, now)).toMatchObject({ status: 'published' })
  })

  it('R-4 a rejection stands against it until the reviewer thinks otherwise', async () => {
    await drafted('refused')
    await changes().review(caller('operator', 'operator'), 'refused', 1, approve)
    await changes().review(bob, 'refused', 1, { verdict: 'reject', note: 'too dear' })
    await expect(changes().publish(ada, 'refused', 1, now)).rejects.toMatchObject({ code: 'plan.rejected' })
    await changes().review(bob, 'refused', 1, approve)
    expect(await changes().publish(ada, 'refused', 1, now)).toMatchObject({ status: 'published' })
  })

  it('R-4 nobody changes or removes a review', async () => {
    const owner = await connectAsOwner(server.url)
    for (const statement of [
      `update rating.version_reviews set verdict = 'approve'`,
      'delete from rating.version_reviews',
      'truncate rating.version_reviews',
    ]) {
      await expect(owner.query(statement)).rejects.toThrow('never changed or removed')
      await expect(database.query(statement)).rejects.toThrow('permission denied')
    }
    await owner.end()
  })
})
