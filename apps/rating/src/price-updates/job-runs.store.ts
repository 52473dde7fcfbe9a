import type { Queryable } from '@portitor/postgres'

/** Whether a job has not run for `everyMs`, on any replica. */
export async function isDue(db: Queryable, job: string, now: Date, everyMs: number): Promise<boolean> {
  const { rowCount } = await db.query('select from rating.job_runs where job = $1 and ran_at > $2', [
    job,
    new Date(now.getTime() - everyMs),
  ])
  return rowCount === 0
}

/** Takes the run for this replica, if it is still due: others wait for the commit and then find it taken, or due again after a rollback. */
export async function claimRun(tx: Queryable, job: string, now: Date, everyMs: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into rating.job_runs as runs (job, ran_at) values ($1, $2)
     on conflict (job) do update set ran_at = $2 where runs.ran_at <= $3`,
    [job, now, new Date(now.getTime() - everyMs)],
  )
  return rowCount === 1
}
