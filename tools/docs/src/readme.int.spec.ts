import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './documents.ts'
import { examplesOf } from './readme-examples.ts'

const startMsMax = 600_000
const settleMsMax = 120_000
/** The second goes on in the shell of the first. */
const examples = [
  ...examplesOf(readFileSync(join(root, 'README.md'), 'utf8'), 'The API by example'),
  ...examplesOf(readFileSync(join(root, 'examples/plans/README.md'), 'utf8'), 'Loading one'),
]
const absent = ['bash', 'curl'].filter((program) => spawnSync(program, ['--version']).status !== 0)
const describeExamples = absent.length === 0 ? describe : describe.skip

describeExamples(`the API by example${absent.map((program) => ` [not run: no ${program}]`).join('')}`, () => {
  let folder: string
  let url: string
  let system: ChildProcess
  let shell: Shell

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portitor-readme-'))
    chmodSync(folder, 0o755)
    symlinkSync(join(root, 'examples'), join(folder, 'examples'))
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const env = { PATH: process.env['PATH'], PORT: String(port), PORTITOR_DATA_DIR: join(folder, '.portitor') }
    system = spawn(process.execPath, [join(root, 'tools/start.mjs'), '--no-demo'], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await isReady(url, system)
    // It is kept once everything is up, a moment after the first answer says so.
    while (!existsSync(join(folder, '.portitor/operator.key'))) await sleep(50)
    shell = new Shell(folder)
  }, startMsMax)
  afterAll(async () => {
    shell?.close()
    system?.kill('SIGTERM')
    if (system?.exitCode === null) await once(system, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })

  it('X-4 the README has examples of the API', () => {
    expect(examples.length).toBeGreaterThan(12)
  })

  it.each(examples)(
    'X-4 works as printed: $title',
    async ({ command, answer }) => {
      const run = () => shell.run(command.replaceAll('http://127.0.0.1:8787', url))
      if (answer === undefined) {
        expect((await run()).code).toBe(0)
        return
      }
      const matches = (output: string) => expect(JSON.parse(output)).toMatchObject(asPattern(answer) as object)
      // What is read is seconds behind what was written; what writes runs once.
      for (const deadline = Date.now() + settleMsMax; !command.includes(' -d '); await sleep(500)) {
        const { output } = await run()
        try {
          return matches(output)
        } catch (error) {
          if (Date.now() > deadline) throw error
        }
      }
      const { code, output } = await run()
      expect(code).toBe(0)
      matches(output)
    },
    2 * settleMsMax,
  )
})

/** One bash for all blocks, so that a variable set in one holds in the next. */
class Shell {
  readonly #bash
  #output = ''

  constructor(cwd: string) {
    this.#bash = spawn('bash', ['-u'], { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#bash.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
  }

  async run(block: string): Promise<{ code: number; output: string }> {
    this.#output = ''
    this.#bash.stdin.write(`${block}\nprintf '\\n== %s ==\\n' $?\n`)
    for (;;) {
      const end = /\n== (\d+) ==\n$/.exec(this.#output)
      if (end !== null) return { code: Number(end[1]), output: this.#output.slice(0, end.index) }
      if (this.#bash.exitCode !== null) throw new Error(`bash ended in: ${block}`)
      await sleep(20)
    }
  }

  close(): void {
    this.#bash.stdin.end()
  }
}

/** `"…"` stands for any text that is not empty. */
function asPattern(shown: unknown): unknown {
  if (shown === '…') return expect.stringMatching(/./)
  if (Array.isArray(shown)) return shown.map(asPattern)
  if (typeof shown !== 'object' || shown === null) return shown
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, asPattern(value)]))
}

async function isReady(url: string, system: ChildProcess): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined)
    if (answer?.ok === true) return
    if (system.exitCode !== null) throw new Error('npm start ended before it was ready')
    await sleep(200)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
