import { pino, type DestinationStream } from 'pino'

/** Where a service tells its operator what happens: JSON lines. An abstract class so that it can be an injection token. */
export abstract class Log {
  abstract debug(fields: object, message: string): void
  abstract info(fields: object, message: string): void
  abstract warn(fields: object, message: string): void
  abstract error(fields: object, message: string): void
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** Headers that carry credentials: they must not reach a line, even where somebody logs a whole request, nor a handler. */
export const secretHeaders = ['authorization', 'x-api-key', 'apikey', 'cookie']
const secretPaths = secretHeaders.flatMap((header) => {
  const key = `["${header}"]`
  return [`headers${key}`, `*.headers${key}`, key, `*${key}`]
})

/**
 * JSON lines to stderr, so that stdout stays free for answers. Written synchronously: the line before a crash is the one
 * that matters. `warn` is the level for an interactive terminal, where every line is an interruption.
 */
export function createLog(options: { name: string; level: LogLevel; destination?: DestinationStream }): Log {
  return pino(
    {
      level: options.level,
      base: { service: options.name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: '[redacted]' },
      serializers: { err: pino.stdSerializers.err },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  )
}
