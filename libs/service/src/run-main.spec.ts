import { spawn } from 'node:child_process'

/** Runs a main of its own process: `body` is the text of the function given to `runMain`. */
function run(body: string) {
  const script = `import { runMain } from ${JSON.stringify(new URL('run-main.ts', import.meta.url).href)}
    setInterval(() => undefined, 1000)
    runMain(async () => { ${body} })`
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script])
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, output })),
  )
  const printed = async (text: string) => {
    while (!output.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { child, ended, printed }
}

const close = (how: string) =>
  `process.stdout.write('up '); return { close: async () => { process.stdout.write('closing '); ${how} } }`

describe('runMain', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('O-6 closes gracefully on %s and exits 0', async (signal) => {
    const main = run(close(`await new Promise((done) => setTimeout(done, 20)); process.stdout.write('closed')`))
    await main.printed('up')
    main.child.kill(signal)
    expect(await main.ended).toEqual({ code: 0, output: 'up closing closed' })
  })

  it('lets a start that is under way come through, so that what it opened is closed', async () => {
    const main = run(
      `process.stdout.write('starting '); await new Promise((done) => setTimeout(done, 100)); ${close('')}`,
    )
    await main.printed('starting')
    main.child.kill('SIGTERM')
    expect(await main.ended).toEqual({ code: 0, output: 'starting up closing ' })
  })

  it('ends at once on the second signal', async () => {
    const main = run(close('await new Promise(() => undefined)'))
    await main.printed('up')
    main.child.kill('SIGINT')
    await main.printed('closing')
    main.child.kill('SIGINT')
    expect((await main.ended).code).toBe(1)
  })

  it('prints what is wrong with a start that fails, without a stack, and exits 1', async () => {
    expect(await run(`throw new Error('PORT is in use: set another')`).ended).toEqual({
      code: 1,
      output: 'PORT is in use: set another\n',
    })
  })

  it('prints every reason where there are several', async () => {
    const { output } = await run(
      `throw new AggregateError([new Error('refused at ::1'), new Error('refused at 127.0.0.1')])`,
    ).ended
    expect(output).toBe('refused at ::1; refused at 127.0.0.1\n')
  })

  it('exits 1 when closing fails, so that a supervisor sees it', async () => {
    const main = run(close(`throw new Error('could not flush')`))
    await main.printed('up')
    main.child.kill('SIGTERM')
    expect(await main.ended).toEqual({ code: 1, output: 'up closing could not flush\n' })
  })
})
