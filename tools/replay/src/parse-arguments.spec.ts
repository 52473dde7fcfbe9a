import { parseArguments } from './parse-arguments.ts'

const env = { PORTITOR_URL: 'http://127.0.0.1:8787', PORTITOR_OPERATOR_KEY: 'key' }

describe('the command line of npm run replay', () => {
  it('has defaults: as fast as can be, 8 workspaces, a temporary system', () => {
    expect(parseArguments(['--trace', 'file'], {})).toEqual({
      run: { trace: 'file', speed: 'max', workspaces: 8, plan: undefined, json: false, system: undefined },
    })
  })

  it('takes a plan by the name of a published one or an example, or as a file', () => {
    const planOf = (plan: string) => parseArguments(['--trace', 'file', '--plan', plan], {})
    expect(planOf('agent-overage')).toMatchObject({ run: { plan: { name: 'agent-overage' } } })
    expect(planOf('agent_overage')).toMatchObject({ run: { plan: { name: 'agent_overage' } } })
    for (const file of ['hybrid.json', './hybrid', '../plans/hybrid.json', '/tmp/Plan'])
      expect(planOf(file)).toMatchObject({ run: { plan: { file } } })
  })

  it('takes a speed, a number of workspaces and a running system', () => {
    expect(parseArguments(['--trace', 'file', '--speed', '10.5', '--workspaces', '3', '--json'], env)).toEqual({
      run: {
        trace: 'file',
        speed: 10.5,
        workspaces: 3,
        plan: undefined,
        json: true,
        system: { url: 'http://127.0.0.1:8787', operatorKey: 'key' },
      },
    })
  })

  it('explains itself', () => {
    expect(parseArguments(['--help'], {})).toEqual({ help: true })
  })

  it.each<[string[], Record<string, string>, RegExp]>([
    [[], {}, /^--trace is missing/],
    [['--trace', 'file', '--speed', '0'], {}, /^--speed was 0: expected max, or a number above 0/],
    [['--trace', 'file', '--speed', 'fast'], {}, /^--speed was fast/],
    [['--trace', 'file', '--workspaces', '0'], {}, /^--workspaces was 0: expected a whole number from 1/],
    [['--trace', 'file', '--workspaces', '1.5'], {}, /^--workspaces was 1.5/],
    [['--trace', 'file', '--plan', ''], {}, /^--plan is empty/],
    [['--trace', 'file', '--nonsense'], {}, /--nonsense/],
    [['--trace', 'file'], { ...env, PORTITOR_URL: 'here' }, /^PORTITOR_URL was here: expected an address/],
    [['--trace', 'file'], { PORTITOR_URL: env.PORTITOR_URL }, /^PORTITOR_OPERATOR_KEY is not set/],
  ])('refuses %j with %j and says what is expected', (args, given, problem) => {
    expect(parseArguments(args, given)).toEqual({ problem: expect.stringMatching(problem) })
  })
})
