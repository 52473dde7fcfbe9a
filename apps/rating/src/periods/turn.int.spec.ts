import { busMigrations } from '@portitor/bus'
import { Database, migrate } from '@portitor/postgres'
import { describeWith, freshDatabase } from '@portitor/testing'
import { ratingMigrations } from '../index.ts'
import { joinTurn, takeTurn } from './turn.ts'

describeWith(['postgres'], 'the turn', () => {
  let fresh: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database
  beforeAll(async () => {
    fresh = await freshDatabase()
    await migrate(fresh.url, 'bus', busMigrations)
    await migrate(fresh.url, 'rating', ratingMigrations)
    database = new Database({ url: fresh.url, connectionsMax: 8, applicationName: 'turn.int.spec' })
  })
  afterAll(async () => {
    await database.close()
    await fresh.drop()
  })

  it('M-8 is given to whoever waits for it, though raters never leave a moment between them', async () => {
    const roundsMax = 60
    let joined = 0
    let rating = 0
    let taken = false
    // Each stays until the next one has joined, for as long as one can: with batches back to back nobody ever finds none.
    const rater = async () => {
      while (!taken && joined < roundsMax)
        await database.transaction(async (tx) => {
          await joinTurn(tx)
          rating += 1
          const own = (joined += 1)
          for (let wait = 0; joined === own && wait < 40 && !taken; wait += 1) await tx.query('select pg_sleep(0.005)')
          await tx.query('select pg_sleep(0.01)')
          rating -= 1
        })
    }
    const raters = [rater(), rater(), rater()]
    while (joined < 6) await new Promise((resolve) => setTimeout(resolve, 5))
    await database.transaction(async (tx) => {
      await takeTurn(tx)
      taken = true
      expect(rating).toBe(0)
    })
    await Promise.all(raters)
    expect(joined).toBeLessThan(roundsMax)
  })

  it('M-8 a reader of the table, a backup say, holds nobody up', async () => {
    await database.transaction(async (backup) => {
      await backup.query('select one from rating.turn')
      await database.transaction((tx) => takeTurn(tx))
    })
  })
})
