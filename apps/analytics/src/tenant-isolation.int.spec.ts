import { usageDimensions } from '@portitor/contracts'
import { describeWith, until } from '@portitor/testing'
import { bootAnalytics, openWorld, type Running, type World } from './analytics-world.fixture.ts'
import { events, here, range, sum, there, usageClient } from './usage-sample.fixture.ts'

describeWith(['postgres'], 'the usage API and its tenants', () => {
  let world: World
  let service: Running
  let client: ReturnType<typeof usageClient>

  beforeAll(async () => {
    world = await openWorld()
    service = await bootAnalytics(world)
    client = usageClient(service)
    for (let n = 0; n < events.length; n += 50)
      await world.send(events.slice(n, n + 50), (n / 50) % world.bus.partitions)
    await until(async () => (await world.sums()).rows.events === events.length)
  })
  afterAll(async () => {
    await service.close()
    await world.end()
  })

  it('A-9 a tenant sees its own usage and price, and neither cost nor margin', async () => {
    const own = events.filter((event) => event.workspace_id === here)
    for (const query of [range, `${range}&group_by=workspace_id,model&window=day`, `${range}&workspace_id=${here}`]) {
      const answer = await client.allPages(query, here)
      expect(JSON.stringify(answer)).not.toMatch(
        /cost_nanos|margin|"workspace_id":"0199c1d2-7b3a-7c4e-9d21-000000000002"/,
      )
      expect(answer.totals.reduce((count, total) => count + total.events, 0)).toBe(own.length)
    }
    const { data } = await client.allPages(`${range}&group_by=cost_center`, here)
    client.expectRows(
      data,
      sum(own, (event) => `${event.cost_center} ${event.currency}`),
      (row) => `${row.group.cost_center} ${row.currency}`,
      false,
    )
    expect((await client.usage(range, '0199c1d2-7b3a-7c4e-9d21-00000000000f')).totals).toEqual([])
  })

  it('A-9 naming another workspace in a filter shows nothing', async () => {
    expect((await client.usage(`${range}&workspace_id=${there}`, here)).totals).toEqual([])
    const both = await client.usage(`${range}&workspace_id=${there}&workspace_id=${here}&group_by=workspace_id`, here)
    expect(both.data.map((row) => row.group.workspace_id)).toEqual([here, here])
  })

  const escapes = [
    `' or 1=1 --`,
    `x') or workspace_id = toUUID('${there}') --`,
    `') union all select * from rated_usages --`,
    `\\' or 1=1 /*`,
    `'] or 1 or model in ['`,
    `{tenant:UUID}`,
    `*/ or 1=1 /*`,
    `; drop table rated_usages; select '`,
    `x\u0000' or '1'='1`,
    `%27%20or%201=1`,
  ]
  it.each(escapes)(
    'A-9 %j stays a value in every filter, and is no meter, dimension, window, cursor or workspace',
    async (escape) => {
      const text = encodeURIComponent(escape)
      for (const dimension of usageDimensions) {
        if (dimension === 'workspace_id') continue
        expect((await client.usage(`${range}&${dimension}=${text}&${dimension}=${text}x`, here)).totals).toEqual([])
      }
      for (const parameter of [
        'meter',
        'group_by',
        'window',
        'workspace_id',
        'from',
        'to',
        'limit',
        'order_by',
        escape,
      ]) {
        expect(await client.refusal(`${encodeURIComponent(parameter)}=${text}`, here)).toMatch(/^400 request\.invalid/)
      }
      expect(await client.refusal(`${range}&cursor=${text}`, here)).toMatch(/^400 usage\.bad_cursor/)
      const forged = Buffer.from(JSON.stringify(['2026-01-01 00:00:00', escape, escape])).toString('base64url')
      const paged = await client.usage(`${range}&group_by=workspace_id&cursor=${forged}`, here)
      expect(paged.data.every((row) => row.group.workspace_id === here && row.cost_nanos === undefined)).toBe(true)
      for (const window of [escape, `2026-01-01 00:00:00${escape}`]) {
        const cursor = Buffer.from(JSON.stringify([window, 'x'])).toString('base64url')
        expect(await client.refusal(`${range}&cursor=${cursor}`, here)).toMatch(/^400 usage\.bad_cursor/)
      }
      expect((await world.sums()).rows.events).toBe(events.length)
    },
  )

  it('A-9 refuses a workspace that is none, and a request without the operator key', async () => {
    expect(await client.refusal(range, `${here}' or '1'='1`)).toMatch(/^400 workspace\.malformed/)
    expect(
      (await fetch(`${service.url}/api/v1/metering/usage?${range}`, { headers: { 'x-workspace-id': here } })).status,
    ).toBe(401)
  })
})
