import { describeWith, until } from '@portitor/testing'
import { eventsOf, march, type MixedWorld, nonZero, openMixedWorld, underPlan } from './mixed-plan.fixture.ts'

describeWith(['postgres'], 'a re-rating that is not alone', () => {
  let world: MixedWorld
  beforeAll(async () => {
    world = await openMixedWorld()
  })
  afterEach(async () => expect(await world.differences()).toEqual([]))
  afterAll(() => world.close())

  it('R-9 of two of the same range the later one holds, whatever the earlier is still at, on two replicas', async () => {
    await world.join()
    const workspace = await world.subscribed()
    const events = eventsOf('t', 120)
    await world.sendAll(workspace, events, 24)
    await world.settled()
    const [second, third] = [
      await world.rerate({ ...march, ...underPlan(2) }, { workspace }),
      await world.rerate({ ...march, ...underPlan(3) }, { workspace }),
    ]
    await world.settled()
    for (const { id } of [second, third])
      expect(await world.rerating(id)).toMatchObject({ status: 'done', events: 120, corrected: 120 })
    expect(nonZero(await world.accounts(workspace))).toEqual(await world.afresh(3, events))
  })

  it('R-9 killed again and again it goes on where it was, and nothing is corrected twice', async () => {
    const workspace = await world.subscribed()
    const events = eventsOf('k', 120)
    await world.sendAll(workspace, events, 40)
    await world.settled()
    const { id } = await world.rerate({ ...march, ...underPlan(2) }, { workspace })
    let kills = 0
    await until(async () => {
      const { rows } = await world.outside.query<{ status: string }>(
        'select status from rating.reratings where rerating_id = $1',
        [id],
      )
      if (rows[0]!.status !== 'running') return true
      if (kills < 8) kills += (await world.kill()) > 0 ? 1 : 0
      return false
    }, 'the end of the re-rating')
    await world.settled()
    expect(await world.rerating(id)).toMatchObject({ status: 'done', error: null, events: 120, corrected: 120 })
    expect(nonZero(await world.accounts(workspace))).toEqual(await world.afresh(2, events))
  })

  it('R-9 while events of the range keep coming every one is priced by the version that held when it was rated, or by the fixed one', async () => {
    const workspace = await world.subscribed()
    const [early, late] = [eventsOf('a', 60), eventsOf('b', 60)]
    await world.sendAll(workspace, early, 12)
    await world.settled()
    const arriving = world.sendAll(workspace, late, 20)
    const first = await world.rerated(underPlan(2), { workspace })
    await arriving
    await world.settled()
    expect(first).toMatchObject({ status: 'done', refused: 0 })
    expect(await world.differences()).toEqual([])
    expect(await world.rerated(underPlan(2), { workspace })).toMatchObject({ events: 120, status: 'done' })
    expect(nonZero(await world.accounts(workspace))).toEqual(await world.afresh(2, [...early, ...late]))
  })
})
