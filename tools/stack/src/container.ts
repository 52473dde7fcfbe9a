import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Engine, EngineName, Place } from './engine.ts'
import { untilReady } from './until-ready.ts'

const askMsMax = 10_000
/** The image may have to be pulled first. */
const runMsMax = 600_000

export interface ContainerLaunch {
  readonly name: EngineName
  readonly image: string
  readonly url: string
  /** `host port:container port`; published on loopback only. */
  readonly port: string
  readonly options?: readonly string[]
  readonly args?: readonly string[]
  readonly ready: () => Promise<void>
}

/** Whether a Docker engine answers, not only whether its client is installed. */
export function dockerAnswers(): boolean {
  const asked = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: askMsMax, encoding: 'utf8' })
  return asked.status === 0 && asked.stdout.trim() !== ''
}

export async function startContainer(launch: ContainerLaunch, place: Place): Promise<Engine> {
  mkdirSync(place.dir, { recursive: true })
  const container = `portitor-stack-${launch.name}-${randomBytes(4).toString('hex')}`
  writeFileSync(join(place.dir, 'container'), container)
  const never = new Promise<never>(() => undefined)
  let pid = 0
  const engine: Engine = {
    name: launch.name,
    url: launch.url,
    origin: `container ${launch.image}`,
    get pid() {
      return pid
    },
    async stop() {
      removeContainer(container)
      rmSync(join(place.dir, 'container'), { force: true })
    },
    async kill(name) {
      if (name === 'SIGSTOP') await docker('pause', container)
      else if (name === 'SIGCONT') await docker('unpause', container)
      else await docker('kill', '--signal', name, container)
    },
    abandon: () => removeContainer(container),
    async restart() {
      spawnSync('docker', ['unpause', container], { timeout: askMsMax, stdio: 'ignore' })
      await docker('restart', container)
      pid = await pidOf(container)
      await untilReady(launch.ready, never)
    },
  }
  place.own(engine)
  const named = ['--detach', '--name', container, '--publish', `127.0.0.1:${launch.port}`]
  try {
    await docker('run', ...named, ...(launch.options ?? []), launch.image, ...(launch.args ?? []))
    pid = await pidOf(container)
    await untilReady(launch.ready, never)
  } catch (error) {
    await engine.stop()
    throw error
  }
  return engine
}

/** Also what an earlier run left. Harmless when it is gone. */
export function removeContainer(container: string): void {
  spawnSync('docker', ['rm', '--force', '--volumes', container], { timeout: askMsMax * 3, stdio: 'ignore' })
}

async function docker(...args: string[]): Promise<string> {
  return (await promisify(execFile)('docker', args, { timeout: runMsMax })).stdout.trim()
}

async function pidOf(container: string): Promise<number> {
  return Number(await docker('inspect', '--format', '{{.State.Pid}}', container))
}
