import { connect, type Socket } from 'node:net'

export interface LoadResult {
  readonly eventsPerSecond: number
  readonly p50: number
  readonly p99: number
}

/**
 * Sends requests over a fixed number of kept connections, each waiting for its answer before the next; 202 counts, anything
 * else throws. It shares the processors with what it measures, so it speaks as much HTTP as the service under test needs
 * and no more: Node's own client takes as long for a small request as the service does.
 */
export async function httpLoad(options: {
  url: string
  key: string
  contentType: string
  connections: number
  requests: number
  eventsPerRequest: number
  body(request: number): string
}): Promise<LoadResult> {
  const { host, hostname, port } = new URL(options.url)
  const head = `POST /api/v1/metering/events HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${options.key}\r\ncontent-type: ${options.contentType}\r\ncontent-length: `
  const durations: number[] = []
  let next = 0
  const worker = async () => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    try {
      for (let number = next++; number < options.requests; number = next++) {
        const body = options.body(number)
        const begun = performance.now()
        const answered = answerOf(socket)
        socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`)
        const answer = await answered
        if (!answer.startsWith('HTTP/1.1 202 ')) throw new Error(answer)
        durations.push(performance.now() - begun)
      }
    } finally {
      socket.destroy()
    }
  }
  const begun = performance.now()
  await Promise.all(Array.from({ length: options.connections }, worker))
  const seconds = (performance.now() - begun) / 1_000
  return { eventsPerSecond: (options.requests * options.eventsPerRequest) / seconds, ...percentiles(durations) }
}

/** The next answer on a connection, whole, by its content-length. */
function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    let length: number | undefined
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      length ??= lengthOf(text)
      if (length !== undefined && text.length >= length) end(() => resolve(text))
    }
    const onError = (error: Error) => end(() => reject(error))
    const onClose = () => end(() => reject(new Error('the service closed the connection')))
    const end = (settle: () => void) => {
      socket.off('data', onData).off('error', onError).off('close', onClose)
      settle()
    }
    socket.on('data', onData).on('error', onError).on('close', onClose)
  })
}

/** Of head and body together, once the head is there. */
function lengthOf(text: string): number | undefined {
  const body = text.indexOf('\r\n\r\n') + 4
  if (body < 4) return undefined
  return body + Number(/^content-length: (\d+)\r$/im.exec(text.slice(0, body))?.[1] ?? 0)
}

export function percentiles(values: readonly number[]): { p50: number; p99: number } {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10
  return { p50: at(0.5), p99: at(0.99) }
}
