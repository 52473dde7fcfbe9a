import { Agent, request } from 'node:http'

export interface LoadResult {
  readonly eventsPerSecond: number
  readonly p50: number
  readonly p99: number
}

/** Sends requests over a fixed number of kept connections, each waiting for its answer before the next; 202 counts, anything else throws. */
export async function httpLoad(options: {
  url: string
  key: string
  contentType: string
  connections: number
  requests: number
  eventsPerRequest: number
  body(request: number): string
}): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections })
  const url = new URL('/api/v1/metering/events', options.url)
  const headers = { authorization: `Bearer ${options.key}`, 'content-type': options.contentType }
  const durations: number[] = []
  let next = 0
  const post = (body: string) =>
    new Promise<void>((resolve, reject) => {
      const sent = request(url, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      })
      sent.on('response', (response) => {
        const failed = response.statusCode !== 202
        let text = ''
        response.on('data', (chunk: Buffer) => {
          if (failed) text += chunk.toString()
        })
        response.on('end', () => (failed ? reject(new Error(`${response.statusCode}: ${text}`)) : resolve()))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const worker = async () => {
    for (let number = next++; number < options.requests; number = next++) {
      const body = options.body(number)
      const begun = performance.now()
      await post(body)
      durations.push(performance.now() - begun)
    }
  }
  const begun = performance.now()
  await Promise.all(Array.from({ length: options.connections }, worker))
  const seconds = (performance.now() - begun) / 1_000
  agent.destroy()
  return { eventsPerSecond: (options.requests * options.eventsPerRequest) / seconds, ...percentiles(durations) }
}

export function percentiles(values: readonly number[]): { p50: number; p99: number } {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10
  return { p50: at(0.5), p99: at(0.99) }
}
