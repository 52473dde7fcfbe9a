import { planFixture } from './plan.fixture.ts'
import { publishedPlansMax, refuseFull } from './plan-room.ts'

describe('the room for published plans', () => {
  const length = JSON.stringify(planFixture()).length
  const { versions, characters } = publishedPlansMax

  it('R-4 is bounded by versions and by size, so that a rater can keep every version', () => {
    expect(refuseFull({ versions: versions - 1, characters: characters - length }, planFixture())).toBeUndefined()
    expect(refuseFull({ versions, characters: 0 }, planFixture())).toMatchObject({ code: 'plan.too_many' })
    expect(refuseFull({ versions: 1, characters: characters - length + 1 }, planFixture())).toMatchObject({
      code: 'plan.too_many',
    })
  })
})
