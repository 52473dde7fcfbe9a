import { resolve } from 'node:path'
import { readFlags, readStandaloneConfig } from './config.ts'

describe('the configuration of npm start', () => {
  it('O-2 embeds every engine where nothing is set, on a fixed port of the loopback interface', () => {
    expect(readStandaloneConfig({})).toEqual({
      PORT: 8787,
      HOST: '127.0.0.1',
      PORTITOR_DATA_DIR: resolve('.portitor'),
      DATABASE_CONNECTIONS_MAX: 40,
      PORTITOR_PARTITIONS: 8,
      PORTITOR_ISSUER: 'portitor',
      PORTITOR_AUDIENCE: 'portitor',
      PORTITOR_MARKUP: '1.30',
      PORTITOR_SUBSCRIPTION_LEAD_MS: 5_000,
      PORTITOR_FOUR_EYES: false,
      PORTITOR_PRICE_IMPORT_HOURS: 24,
      LOG_LEVEL: 'warn',
    })
  })

  it('O-2 takes the addresses of real engines', () => {
    const given = {
      DATABASE_URL: 'postgres://user:secret@db:5432/portitor',
      KAFKA_BROKERS: 'a:9092,b:9092',
      CLICKHOUSE_URL: 'http://clickhouse:8123',
    }
    expect(readStandaloneConfig(given)).toMatchObject({ ...given, KAFKA_BROKERS: ['a:9092', 'b:9092'] })
  })

  it.each([
    ['PORT', 'abc', 'PORT was "abc": expected a port between 0 and 65535'],
    [
      'PORTITOR_OPERATOR_KEY',
      'hunter2',
      'PORTITOR_OPERATOR_KEY was a secret of 7 characters: expected a secret of at least 32',
    ],
    ['DATABASE_URL', 'mysql://u:p@db', 'DATABASE_URL was "mysql://***@db": expected a postgres:// address'],
    ['KAFKA_BROKERS', 'kafka', 'KAFKA_BROKERS was "kafka": expected host:port, several separated by commas'],
    [
      'CLICKHOUSE_URL',
      'localhost:8123',
      'CLICKHOUSE_URL was "localhost:8123": expected an http:// or https:// address',
    ],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL was "loud": expected one of debug, info, warn, error, silent'],
  ])('O-2 names a bad %s, what it was and what is expected', (name, value, message) => {
    expect(() => readStandaloneConfig({ [name]: value })).toThrow(message)
  })

  it('O-2 names everything that is wrong at once', () => {
    const reading = () => readStandaloneConfig({ PORT: '-1', LOG_LEVEL: 'x' })
    expect(reading).toThrow(/PORT was/)
    expect(reading).toThrow(/LOG_LEVEL was/)
  })
})

describe('the flags of npm start', () => {
  it('stays up after the demo unless told otherwise', () => {
    expect(readFlags([])).toEqual({ once: false, json: false, demo: true })
    expect(readFlags(['--once', '--json', '--no-demo'])).toEqual({ once: true, json: true, demo: false })
  })

  it.each(['--onec', 'once', '--json=yes'])('refuses %s', (argument) => {
    expect(() => readFlags([argument])).toThrow(/option|argument/i)
  })
})
