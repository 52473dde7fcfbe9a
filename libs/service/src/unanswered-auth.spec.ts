import { randomInt } from 'node:crypto'
import { Controller, Get, HttpCode, Module, Post } from '@nestjs/common'
import { newApiKey } from '@portitor/identity'
import { bootService, createLog, Peers, type Service } from './index.ts'
import { declared, introspectEndpoints, quietBus } from './stand-ins.fixture.ts'

const operatorKey = 'a secret of this spec, 40 characters long'

@Controller('api/v1')
class Controllers {
  @Get('things')
  things() {
    return {}
  }

  /** As `auth` is while its database is frozen. */
  @Post('auth/introspect')
  @HttpCode(200)
  introspect() {
    return new Promise(() => undefined)
  }
}

@Module({ controllers: [Controllers] })
class ThingsModule {}

describe('the guard while auth does not answer', () => {
  let service: Service
  beforeAll(async () => {
    service = await bootService({
      name: 'things',
      module: ThingsModule,
      endpoints: [...declared('GET /api/v1/things'), ...introspectEndpoints],
      bus: quietBus,
      port: 0,
      host: '127.0.0.1',
      operatorKey,
      log: createLog({ name: 'things', level: 'silent' }),
    })
  })
  afterAll(() => service.close())

  const call = async (key: string) => {
    const answer = await fetch(`${service.url}/api/v1/things`, { headers: { apikey: key } })
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: await answer.json() }
  }

  it('I-3 answers 503 long before any other question to a peer is given up, and lets the operator in', async () => {
    // A control in the same run, which waits as long as peers do: a stalled machine delays both.
    const question = { credential: 'any', address: '' }
    let givenUp = false
    const control = service.app.get(Peers).post('auth', '/api/v1/auth/introspect', question)
    const settled = control.catch(() => (givenUp = true))
    const answers = await Promise.all([call(newApiKey('live', randomInt)), call(newApiKey('live', randomInt))])
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 503, retryAfter: '1', body: { code: 'identity.unavailable' } })
    expect((await call(operatorKey)).status).toBe(200)
    expect(givenUp).toBe(false)
    await settled
    expect(givenUp).toBe(true)
  })
})
