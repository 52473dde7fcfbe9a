import { relative } from 'node:path'
import type { StandaloneConfig } from './config.ts'
import type { OperatorKey } from './operator-key.ts'

/** What stands in the terminal while Portitor is up. The key itself is shown only at the start that made it (I-11). */
export function startBanner(options: {
  url: string
  config: StandaloneConfig
  operatorKey: OperatorKey
  staysUp: boolean
  workingFolder: string
}): string {
  const { url, config, operatorKey, staysUp } = options
  const short = (path: string) => {
    const inside = relative(options.workingFolder, path)
    return inside.startsWith('..') ? path : inside || '.'
  }
  const engines = [
    config.DATABASE_URL === undefined ? 'embedded PostgreSQL' : 'PostgreSQL at DATABASE_URL',
    config.KAFKA_BROKERS === undefined ? 'log in PostgreSQL' : 'Kafka at KAFKA_BROKERS',
    config.CLICKHOUSE_URL === undefined ? 'embedded ClickHouse' : 'ClickHouse at CLICKHOUSE_URL',
  ]
  const keys = {
    generated: `${operatorKey.key}   (shown this once; kept in ${short(operatorKey.file)})`,
    stored: `in ${short(operatorKey.file)}`,
    environment: 'the one in PORTITOR_OPERATOR_KEY',
  }
  return `
  Portitor is up

    API            ${url}
    API docs       ${url}/docs
    Operator key   ${keys[operatorKey.source]}
    Data           ${short(config.PORTITOR_DATA_DIR)}
    Engines        ${engines.join(', ')}
${staysUp ? '\n  Stop with Ctrl-C; the data stays.\n' : ''}`
}
