import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { howToAuthenticate, unauthenticated } from '@portitor/identity'
import { asProblem } from './admit.ts'
import { problemDocument, ProblemException, problemMediaType } from './problem-details.ts'

/** How long a client may take to read why it was refused before its connection is cut. */
const lingerMsMax = 1_000

/** Answers a connection whose bytes never became a request, so that even those see a problem document. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const answered = clientErrorProblem(error.code)
  const body = JSON.stringify(problemDocument(answered))
  const status = answered.getStatus()
  const headers = {
    ...answered.headers,
    'content-type': problemMediaType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
  setTimeout(() => socket.destroy(), lingerMsMax).unref()
}

/** Headers that do not fit were never read, so neither was a credential among them (I-2: oversized is 401). */
function clientErrorProblem(code: string | undefined): ProblemException {
  if (code === 'HPE_HEADER_OVERFLOW')
    return asProblem(
      unauthenticated(
        'credential.oversized',
        `The headers are larger than this server reads, so no credential was found. ${howToAuthenticate}`,
      ),
    )
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new ProblemException(408, 'request.timeout', 'The request did not arrive in time; send it again.')
  return new ProblemException(400, 'request.malformed', 'This is not an HTTP request this server understands.')
}
