import { z } from 'zod'
import { ConfigError, peerUrls, peerVariables, readConfig, serviceVariables } from './index.ts'

const schema = z.object({
  ...serviceVariables(4001),
  ...peerVariables,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).describe('a postgres:// address'),
  FLUSH_INTERVAL_MS_MAX: z.coerce.number().int().positive().default(250).describe('milliseconds, at least 1'),
})
const secret = 'a secret of this spec, 40 characters long'
const good = { PORTITOR_OPERATOR_KEY: secret, DATABASE_URL: 'postgres://me:pw@db/portitor' }

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(schema, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
  }
  return []
}

describe('readConfig', () => {
  it('gives defaults for what is not set, and loopback as the host', () => {
    expect(readConfig(schema, { ...good, UNRELATED: 'x' })).toEqual({
      ...good,
      PORT: 4001,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      FLUSH_INTERVAL_MS_MAX: 250,
    })
  })

  it('O-2 lists every bad variable with what it was and what is expected', () => {
    const problems = problemsOf({
      PORT: '70000',
      LOG_LEVEL: 'loud',
      FLUSH_INTERVAL_MS_MAX: 'soon',
      AUTH_URL: 'auth:80',
      PORTITOR_OPERATOR_KEY: 'short',
    })
    expect([...problems].sort()).toEqual([
      'AUTH_URL was "auth:80": expected an http:// or https:// address',
      'DATABASE_URL is not set: expected a postgres:// address',
      'FLUSH_INTERVAL_MS_MAX was "soon": expected milliseconds, at least 1',
      'LOG_LEVEL was "loud": expected one of debug, info, warn, error, silent',
      'PORT was "70000": expected a port between 0 and 65535',
      'PORTITOR_OPERATOR_KEY was a secret of 5 characters: expected a secret of at least 32 characters',
    ])
  })

  it('never shows a secret, neither a key nor a password in an address', () => {
    const problems = problemsOf({ PORTITOR_OPERATOR_KEY: 'hunter2', DATABASE_URL: 'mysql://me:hunter2@db/x' })
    expect(problems).toHaveLength(2)
    expect(problems.join()).not.toContain('hunter2')
    expect(problems.join()).toContain('mysql://***@db/x')
  })

  it('counts a variable set to nothing as not set', () => {
    expect(readConfig(schema, { ...good, PORT: '', HOST: ' ' })).toMatchObject({ PORT: 4001, HOST: '127.0.0.1' })
    expect(problemsOf({ ...good, PORTITOR_OPERATOR_KEY: '' })).toEqual([
      expect.stringMatching(/^PORTITOR_OPERATOR_KEY is not set/),
    ])
  })

  it('I-11 has no default for the operator key', () => {
    expect(() => readConfig(schema, { DATABASE_URL: good.DATABASE_URL })).toThrow('PORTITOR_OPERATOR_KEY is not set')
  })

  it('gathers the addresses of peers that are set', () => {
    expect(peerUrls(readConfig(schema, { ...good, RATING_URL: 'http://rating:4003' }))).toEqual({
      rating: 'http://rating:4003',
    })
  })
})
