import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openClickHouse } from './index.ts'

/** Inserts a row at a time and says each number once it is stored, until it is killed. */
const writer = `
const { createChdbConnection } = require('chdb/connection')
const { chdb } = createChdbConnection({ path: process.argv[1] })
chdb.queryAsync('create table if not exists t (v UInt64) engine = MergeTree order by v settings fsync_after_insert = 1').then(async () => {
  for (let v = 0; ; v += 1) {
    await chdb.queryAsync('insert into t settings async_insert = 0 values (' + v + ')')
    require('node:fs').writeSync(1, v + '\\n')
  }
})`

describe('the embedded engine and its data directory', () => {
  let dataDir: string
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'portitor-clickhouse-'))))
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  const startWriter = async (stored: number) => {
    const child = spawn(process.execPath, ['-e', writer, dataDir], {
      stdio: ['ignore', 'pipe', 'ignore'],
      cwd: import.meta.dirname,
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    while (said.split('\n').length <= stored) {
      if (child.exitCode !== null) throw new Error('the writer has ended')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return {
      async kill() {
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
        return said.trimEnd().split('\n').length
      },
    }
  }

  it('opens what a process killed in the middle of an insert left behind, with every row that was acknowledged', async () => {
    for (let round = 1; round <= 3; round += 1) {
      const child = await startWriter(3)
      const acknowledged = await child.kill()
      const clickhouse = await openClickHouse({ dataDir })
      const [row] = await clickhouse.query<{ n: string }>('select count() as n from t')
      // The insert that was under way may or may not have been stored.
      expect([acknowledged, acknowledged + 1]).toContain(Number(row!.n))
      await clickhouse.command('truncate table t')
      await clickhouse.close()
    }
  })

  it('waits for a directory that is still in use, and says so when it stays in use', async () => {
    const child = await startWriter(1)
    const refused = openClickHouse({ dataDir, lockWaitMsMax: 300 })
    await expect(refused).rejects.toThrow('another process uses it')
    const opening = openClickHouse({ dataDir, lockWaitMsMax: 60_000 })
    await child.kill()
    const clickhouse = await opening
    expect(await clickhouse.query('select count() > 0 as stored from t')).toEqual([{ stored: 1 }])
    await clickhouse.close()
  })
})
