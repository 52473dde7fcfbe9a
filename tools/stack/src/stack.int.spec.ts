import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import pg from 'pg'
import { describeWith, until } from '@portitor/testing'
import { processTree, signal } from './process-tree.ts'
import { startStack } from './stack.ts'

const isAlive = (pid: number) => processTree(pid).length > 0

async function untilGone(pid: number): Promise<void> {
  await until(() => !isAlive(pid), `the end of process ${pid}`)
}

describeWith(['postgres'], 'a PostgreSQL of the stack', () => {
  it('O-1 keeps its address and what it committed over SIGKILL and restart, and leaves no process behind', async () => {
    const stack = await startStack({ engines: ['postgres'] })
    try {
      const engine = stack.engine('postgres')
      const ask = async (query: string) => {
        const client = new pg.Client({ connectionString: engine.url })
        await client.connect()
        try {
          return (await client.query(query)).rows
        } finally {
          await client.end()
        }
      }
      await ask('create table kept as select 42 as n')
      const killed = processTree(engine.pid)
      await engine.kill('SIGKILL')
      await engine.restart()
      expect(killed).not.toContain(engine.pid)
      expect(await ask('select n from kept')).toEqual([{ n: 42 }])
      expect(await ask('show synchronous_commit')).toEqual([{ synchronous_commit: 'on' }])
      const running = processTree(engine.pid)
      await stack.stop()
      expect([...killed, ...running].filter(isAlive)).toEqual([])
      expect(existsSync(stack.dir)).toBe(false)
    } finally {
      await stack.stop()
    }
  })

  it('O-1 is frozen as a whole by SIGSTOP and goes on after SIGCONT', async () => {
    const stack = await startStack({ engines: ['postgres'] })
    const client = new pg.Client({ connectionString: stack.engine('postgres').url })
    try {
      await client.connect()
      await stack.engine('postgres').kill('SIGSTOP')
      const answer = client.query('select 1 as n').then(({ rows }) => rows)
      expect(await Promise.race([answer, sleep(300, 'frozen')])).toBe('frozen')
      await stack.engine('postgres').kill('SIGCONT')
      expect(await answer).toEqual([{ n: 1 }])
      await client.end()
      await stack.engine('postgres').kill('SIGSTOP')
    } finally {
      await stack.stop()
    }
    expect(isAlive(stack.engine('postgres').pid)).toBe(false)
  })
})

describeWith(['redis'], 'a Redis of the stack', () => {
  it('O-1 answers its real client, also after SIGKILL and restart, and leaves no process behind', async () => {
    const stack = await startStack({ engines: ['redis'] })
    const engine = stack.engine('redis')
    const client = new Redis(engine.url)
    client.on('error', () => undefined)
    try {
      expect(await client.ping()).toBe('PONG')
      await engine.kill('SIGKILL')
      await engine.restart()
      expect(await client.ping()).toBe('PONG')
    } finally {
      client.disconnect()
      await stack.stop()
    }
    expect(isAlive(engine.pid)).toBe(false)
  })
})

describe('the engines of a run', () => {
  interface Started {
    environment: Record<string, string>
    engines: { pid: number }[]
  }
  /** ClickHouse alone: it comes with npm and starts in a second. */
  async function startMain(...flags: string[]) {
    const args = [
      '--conditions=@portitor/source',
      join(import.meta.dirname, 'main.ts'),
      'clickhouse',
      '--json',
      ...flags,
    ]
    const main = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    const [line] = (await once(createInterface({ input: main.stdout }), 'line')) as [string]
    const { environment, engines } = JSON.parse(line) as Started
    const [engine] = engines
    expect((await fetch(`${environment['PORTITOR_TEST_CLICKHOUSE_URL']}/ping`)).status).toBe(200)
    return { main, pid: engine?.pid ?? 0 }
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('O-1 end with it when it is interrupted by %s', async (name) => {
    const { main, pid } = await startMain()
    main.kill(name)
    const [, endedBy] = (await once(main, 'close')) as [number | null, string]
    expect(endedBy).toBe(name)
    expect(isAlive(pid)).toBe(false)
  })

  it('O-1 end when whoever started them is gone without a word', async () => {
    const { main, pid } = await startMain('--while-stdin')
    main.stdin.destroy()
    await once(main, 'close')
    expect(isAlive(pid)).toBe(false)
  })

  it('O-1 that outlived a SIGKILL of it are ended by the next run', async () => {
    const { main, pid } = await startMain()
    main.kill('SIGKILL')
    await once(main, 'close')
    expect(signal(pid, 'SIGCONT')).toBe(true)
    const next = await startStack({ engines: ['clickhouse'] })
    await next.stop()
    await untilGone(pid)
  })
})
