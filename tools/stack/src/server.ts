import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, EngineName, Place } from './engine.ts'
import { signal, signalTree } from './process-tree.ts'
import { untilReady } from './until-ready.ts'

/** A child process that serves one engine in the foreground. `ready` throws as long as it does not truly answer. */
export interface Launch {
  readonly name: EngineName
  readonly origin: string
  readonly url: string
  readonly command: string
  readonly args: readonly string[]
  readonly ready: () => Promise<void>
  readonly env?: NodeJS.ProcessEnv
  readonly user?: { uid: number; gid: number } | undefined
  /** Asks it to end with clients still connected; SIGTERM where not told otherwise. */
  readonly stopSignal?: NodeJS.Signals
}

interface Running {
  readonly child: ChildProcess
  readonly gone: Promise<void>
  /** Whether its end, should it come, is our doing. */
  expected: boolean
}

const stopMsMax = 10_000
/** After SIGKILL an engine's locks and shared memory may be held for another moment, so a start is tried again. */
const startsMax = 6
const startPauseMs = 500
const logTailLines = 15

export async function startServer(launch: Launch, place: Place): Promise<Engine> {
  mkdirSync(place.dir, { recursive: true })
  let running = run(launch, place)
  const bringUp = async () => {
    for (let attempt = 1; !(await answers(running, launch, place, attempt)); attempt++) {
      await sleep(startPauseMs)
      running = run(launch, place)
    }
  }
  const engine: Engine = {
    name: launch.name,
    url: launch.url,
    origin: launch.origin,
    get pid() {
      return running.child.pid ?? 0
    },
    stop: () => end(running, launch.stopSignal ?? 'SIGTERM', place),
    async kill(name) {
      if (name !== 'SIGSTOP' && name !== 'SIGCONT') running.expected = true
      if (name === 'SIGTERM') signal(this.pid, name)
      else signalTree(this.pid, name)
      if (name === 'SIGKILL') await running.gone
    },
    async restart() {
      await this.stop()
      running = run(launch, place)
      await bringUp()
    },
    abandon() {
      if (!isGone(running)) signalTree(this.pid, 'SIGKILL')
    },
  }
  place.own(engine)
  await bringUp()
  return engine
}

/** True when it answers, false when it ended at once and is worth another attempt; else it throws with the end of the log. */
async function answers(running: Running, launch: Launch, place: Place, attempt: number): Promise<boolean> {
  const ended = running.gone.then(() => {
    throw new Error(`it ended at once (${describeEnd(running)})`)
  })
  try {
    await untilReady(launch.ready, ended)
    running.expected = false
    return true
  } catch (error) {
    place.signal.throwIfAborted()
    if (isGone(running) && attempt < startsMax) return false
    await end(running, 'SIGKILL', place)
    throw new Error(`${launch.name} did not start: ${reason(error)}\n${logTail(place)}`, { cause: error })
  }
}

function run(launch: Launch, place: Place): Running {
  place.signal.throwIfAborted()
  const output = openSync(join(place.dir, 'log'), 'a')
  const child = spawn(launch.command, launch.args, {
    cwd: place.dir,
    stdio: ['ignore', output, output],
    env: launch.env ?? process.env,
    ...launch.user,
  })
  closeSync(output)
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const running: Running = { child, gone, expected: true }
  if (child.pid !== undefined) writeFileSync(join(place.dir, 'pid'), String(child.pid))
  void gone.then(() => tellUnexpectedEnd(running, launch, place))
  return running
}

/** Ctrl-C reaches the engines before we hear of it, hence the wait. */
async function tellUnexpectedEnd(running: Running, launch: Launch, place: Place): Promise<void> {
  await sleep(startPauseMs, undefined, { ref: false })
  if (running.expected || place.signal.aborted) return
  place.log(`${launch.name} ended by itself (${describeEnd(running)}); its log:\n${logTail(place)}`)
}

async function end(running: Running, stopSignal: NodeJS.Signals, place: Place): Promise<void> {
  running.expected = true
  const { pid } = running.child
  if (pid === undefined) return
  if (!isGone(running)) {
    // A frozen process takes no other signal before it is woken.
    signalTree(pid, 'SIGCONT')
    if (stopSignal === 'SIGKILL') signalTree(pid, stopSignal)
    else signal(pid, stopSignal)
    const bound = new AbortController()
    await Promise.race([running.gone, sleep(stopMsMax, undefined, { signal: bound.signal }).catch(() => undefined)])
    bound.abort()
    if (!isGone(running)) signalTree(pid, 'SIGKILL')
  }
  await running.gone
  rmSync(join(place.dir, 'pid'), { force: true })
}

function isGone({ child }: Running): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

function logTail(place: Place): string {
  const lines = readFileSync(join(place.dir, 'log'), 'utf8').trimEnd().split('\n')
  return lines.slice(-logTailLines).join('\n')
}

function describeEnd({ child }: Running): string {
  if (child.pid === undefined) return `${child.spawnfile} could not be run`
  return child.signalCode ?? `exit code ${child.exitCode}`
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${reason(error.cause)}`
}
