import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Portitor, PortitorProblem } from './portitor.client.ts'
import { sendEvents } from './send-events.client.ts'

type Answer = (request: IncomingMessage, events: { id: string }[], response: ServerResponse) => void

/** A system that answers as told: faults that a real one shows only when it is ill. */
async function systemThat(answer: Answer, body: (portitor: Portitor, url: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answer(request, JSON.parse(Buffer.concat(chunks).toString() || '[]'), response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await body(new Portitor({ url, operatorKey: 'the key' }), url)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const events = (count: number, bytes = 100) =>
  Array.from({ length: count }, (_, index) => ({ text: `{"id":"${index}"}`, timeMs: index, bytes }))
const accept = (events: { id: string }[], response: ServerResponse) => {
  const results = events.map(({ id }, index) => ({ index, id, status: 'accepted' }))
  response.writeHead(202).end(JSON.stringify({ accepted: events.length, duplicates: 0, rejected: 0, results }))
}

describe('sending events', () => {
  it('M-10 sends batches of at most 1,000 events and 1 MB, with the operator key', async () => {
    const sizes: number[] = []
    await systemThat(
      (request, batch, response) => {
        expect(request.headers).toMatchObject({
          authorization: 'Bearer the key',
          'content-type': 'application/cloudevents-batch+json',
        })
        sizes.push(batch.length)
        accept(batch, response)
      },
      async (portitor) => {
        expect(await sendEvents(portitor, events(2_500), { speed: 'max' })).toMatchObject({ accepted: 2_500 })
        expect(sizes.toSorted((left, right) => left - right)).toEqual([500, 1_000, 1_000])
        await sendEvents(portitor, events(30, 60_000), { speed: 'max' })
        expect(sizes.slice(3).toSorted((left, right) => left - right)).toEqual([14, 16])
      },
    )
  })

  it('M-11 sends a batch again after 503 and after a broken connection, and counts it once', async () => {
    let calls = 0
    await systemThat(
      (_, batch, response) => {
        calls += 1
        if (calls === 1) response.writeHead(503, { 'retry-after': '0' }).end('{}')
        else if (calls === 2) response.destroy()
        else accept(batch, response)
      },
      async (portitor) => {
        const sent = await sendEvents(portitor, events(5), { speed: 'max' })
        expect([calls, sent.accepted, sent.events]).toEqual([3, 5, 5])
      },
    )
  })

  it('M-6 counts a batch that was refused as a whole event by event, with the first reasons', async () => {
    await systemThat(
      (_, batch, response) => {
        const results = batch.map(({ id }, index) => ({
          index,
          id,
          status: 'rejected',
          code: 'model.missing',
          field: 'f',
        }))
        const answer = { status: 400, accepted: 0, duplicates: 0, rejected: batch.length, results }
        response.writeHead(400).end(JSON.stringify(answer))
      },
      async (portitor) => {
        const sent = await sendEvents(portitor, events(20), { speed: 'max' })
        expect(sent).toMatchObject({ accepted: 0, rejected: 20 })
        expect(sent.reasons).toHaveLength(10)
        expect(sent.reasons[0]).toMatch(/^event 0: model.missing f/)
      },
    )
  })

  it('says what to do where the key is wrong, nobody listens, or the answer is no answer', async () => {
    let url = ''
    await systemThat(
      (_, __, response) => void response.writeHead(401).end('{}'),
      async (portitor, address) => {
        url = address
        await expect(portitor.check()).rejects.toThrow(/refuses the operator key: set PORTITOR_OPERATOR_KEY/)
        await expect(sendEvents(portitor, events(1), { speed: 'max' })).rejects.toThrow(PortitorProblem)
      },
    )
    await expect(new Portitor({ url, operatorKey: 'k' }).check()).rejects.toThrow(
      /cannot be reached \((ECONNREFUSED|UND_ERR_SOCKET)\): start it with npm start, or set PORTITOR_URL/,
    )
    await systemThat(
      (_, __, response) => void response.writeHead(404).end('not here'),
      async (portitor) => {
        await expect(sendEvents(portitor, events(1), { speed: 'max' })).rejects.toThrow(/1 events was answered 404/)
      },
    )
  })
})
