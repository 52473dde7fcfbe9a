import type { WriteStream } from 'node:tty'
import cliProgress from 'cli-progress'

export interface Progress {
  advance(events: number): void
  /** What is done besides counting, such as waiting. */
  say(state: string): void
  stop(): void
}

/** A progress bar on a terminal, by convention stderr; on anything else nothing is drawn. */
export function startProgress(stream: Pick<WriteStream, 'isTTY'> & NodeJS.WritableStream, total: number): Progress {
  if (!stream.isTTY) return { advance: () => undefined, say: () => undefined, stop: () => undefined }
  const bar = new cliProgress.SingleBar({
    format: '{bar} {percentage} % · {value} of {total} events · {state}',
    stream,
    hideCursor: true,
    clearOnComplete: true,
  })
  bar.start(total, 0, { state: 'sending' })
  return {
    advance: (events) => bar.increment(events),
    say: (state) => bar.update({ state }),
    stop: () => bar.stop(),
  }
}
