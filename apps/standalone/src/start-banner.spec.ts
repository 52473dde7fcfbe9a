import { readStandaloneConfig } from './config.ts'
import { startBanner } from './start-banner.ts'

const key = 'a-key-of-43-characters-aaaaaaaaaaaaaaaaaaaa'
const banner = (source: 'environment' | 'stored' | 'generated', env: NodeJS.ProcessEnv = {}) =>
  startBanner({
    url: 'http://127.0.0.1:8787',
    config: readStandaloneConfig({ PORTITOR_DATA_DIR: '/home/me/portitor/.portitor', ...env }),
    operatorKey: { key, source, file: '/home/me/portitor/.portitor/operator.key' },
    staysUp: true,
    workingFolder: '/home/me/portitor',
  })

describe('the banner of npm start', () => {
  it('O-1 shows the URL, the documentation page and where the data is', () => {
    expect(banner('stored')).toMatch(/API +http:\/\/127.0.0.1:8787\n/)
    expect(banner('stored')).toMatch(/API docs +http:\/\/127.0.0.1:8787\/docs\n/)
    expect(banner('stored')).toMatch(/Data +\.portitor\n/)
  })

  it('I-11 shows a generated key once, and later only where it is', () => {
    expect(banner('generated')).toContain(key)
    expect(banner('stored')).not.toContain(key)
    expect(banner('stored')).toMatch(/Operator key +in \.portitor\/operator\.key\n/)
    expect(banner('environment')).not.toContain(key)
  })

  it('O-2 says which engines are embedded, and never an address with its password', () => {
    expect(banner('stored')).toContain('embedded PostgreSQL, log in PostgreSQL, embedded ClickHouse')
    const text = banner('stored', {
      DATABASE_URL: 'postgres://u:secret@db/p',
      KAFKA_BROKERS: 'k:9092',
      CLICKHOUSE_URL: 'http://c',
    })
    expect(text).toContain('PostgreSQL at DATABASE_URL, Kafka at KAFKA_BROKERS, ClickHouse at CLICKHOUSE_URL')
    expect(text).not.toContain('secret')
  })
})
