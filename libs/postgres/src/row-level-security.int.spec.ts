import { randomUUID } from 'node:crypto'
import { describeWith, freshDatabase } from '@portitor/testing'
import { Database, type Queryable } from './database.ts'
import { migrate, migration } from './migrate.ts'
import { tenantTable } from './row-level-security.ts'

describeWith(['postgres'], 'row-level security of a tenant table', () => {
  const ours = '0199f3d1-0000-7000-8000-000000000001'
  const theirs = '0199f3d1-0000-7000-8000-000000000002'
  let fresh: Awaited<ReturnType<typeof freshDatabase>>
  let database: Database

  beforeAll(async () => {
    fresh = await freshDatabase()
    await migrate(fresh.url, 'vault', [
      migration(
        1,
        'Secrets',
        `create table vault.secrets (workspace_id uuid not null, secret text not null);
         ${tenantTable('vault.secrets')}
         grant select, insert, update, delete on vault.secrets to portitor_service;
         grant select on vault.secrets to portitor_tenant;`,
      ),
    ])
    // One connection, so that what one transaction leaves in its session the next one meets.
    database = new Database({ url: fresh.url, connectionsMax: 1, applicationName: 'spec' })
    await database.query(`insert into vault.secrets values ($1, 'ours'), ($2, 'theirs')`, [ours, theirs])
  })
  afterAll(async () => {
    await database.close()
    await fresh.drop()
  })

  const secretsOf = async (tx: Queryable, statement = 'select secret from vault.secrets', values: unknown[] = []) =>
    (await tx.query<{ secret: string }>(statement, values)).rows.map(({ secret }) => secret)

  it('I-4 shows a tenant its own rows and no others', async () => {
    expect(await database.asTenant(ours, (tx) => secretsOf(tx))).toEqual(['ours'])
    expect(await database.asTenant(theirs, (tx) => secretsOf(tx))).toEqual(['theirs'])
    expect(await database.asTenant(randomUUID(), (tx) => secretsOf(tx))).toEqual([])
  })

  it.each([
    'select secret from vault.secrets where true or workspace_id is not null',
    `select secret from vault.secrets where workspace_id = '${theirs}' or 1 = 1`,
    'select secret from vault.secrets union all select secret from vault.secrets',
    'with everything as materialized (select * from vault.secrets) select secret from everything',
    'select b.secret from vault.secrets a full join vault.secrets b on true',
    `select secret from vault.secrets where (secret || '/') = any (array['ours/', 'theirs/'])`,
  ])('I-4 hides the rows of other tenants from the hostile query %s', async (statement) => {
    const seen = await database.asTenant(ours, (tx) => secretsOf(tx, statement))
    expect(new Set(seen)).toEqual(new Set(['ours']))
  })

  it('I-4 never evaluates a tenant function on a hidden row, so nothing leaks through its errors', async () => {
    const probing = `select secret from vault.secrets where 1 / (case when secret = 'theirs' then 0 else 1 end) = 1`
    expect(await database.asTenant(ours, (tx) => secretsOf(tx, probing))).toEqual(['ours'])
  })

  it('I-4 lets a tenant write nothing, not even for itself', async () => {
    const statements = [
      [`insert into vault.secrets values ($1, 'forged')`, ours],
      [`update vault.secrets set workspace_id = $1`, ours],
      [`delete from vault.secrets where workspace_id = $1`, ours],
    ] as const
    for (const [statement, value] of statements)
      await expect(database.asTenant(ours, (tx) => tx.query(statement, [value]))).rejects.toThrow('permission denied')
  })

  it('I-4 returns nothing where no workspace is set, also in a session that had one set before', async () => {
    const unset = () =>
      database.transaction(async (tx) => {
        await tx.query('set local role portitor_tenant')
        const { rows } = await tx.query(`select current_setting('app.workspace_id', true) as left_behind`)
        return { ...rows[0], secrets: await secretsOf(tx) }
      })
    await database.asTenant(ours, (tx) => secretsOf(tx))
    // PostgreSQL leaves '' and not null behind; the policy must not choke on it.
    expect(await unset()).toEqual({ left_behind: '', secrets: [] })
    const other = new Database({ url: fresh.url, connectionsMax: 1, applicationName: 'spec' })
    const untouched = await other.transaction(async (tx) => {
      await tx.query('set local role portitor_tenant')
      return secretsOf(tx)
    })
    expect(untouched).toEqual([])
    await other.close()
  })

  it('I-4 refuses a workspace id that is none instead of showing anything', async () => {
    await expect(database.asTenant(`${ours}' or '1`, (tx) => secretsOf(tx))).rejects.toThrow(
      'invalid input syntax for type uuid',
    )
    expect(await database.asTenant('', (tx) => secretsOf(tx))).toEqual([])
  })

  it('I-4 sets the role and the workspace for one transaction only', async () => {
    await database.asTenant(ours, (tx) => secretsOf(tx))
    const { rows } = await database.query(
      `select current_user::text as role, current_setting('app.workspace_id', true) as set`,
    )
    expect(rows).toEqual([{ role: 'portitor_service', set: '' }])
  })

  it('I-4 the service role sees all rows through its own policy and can neither bypass nor lift the security', async () => {
    expect((await secretsOf(database)).toSorted()).toEqual(['ours', 'theirs'])
    const { rows } = await database.query(
      `select rolname::text as role, rolsuper, rolbypassrls from pg_roles where rolname like 'portitor\\_%' and rolname in ('portitor_service', 'portitor_tenant') order by rolname`,
    )
    expect(rows).toEqual([
      { role: 'portitor_service', rolsuper: false, rolbypassrls: false },
      { role: 'portitor_tenant', rolsuper: false, rolbypassrls: false },
    ])
    for (const statement of [
      'alter table vault.secrets disable row level security',
      'alter table vault.secrets no force row level security',
      'drop policy tenant on vault.secrets',
      'create policy open on vault.secrets using (true)',
    ])
      await expect(database.query(statement)).rejects.toThrow('must be owner of')
    await expect(database.query('alter role portitor_service bypassrls')).rejects.toThrow(
      /permission denied|must be superuser/,
    )
    // With row_security off PostgreSQL refuses a query that a policy would have filtered.
    const bypassing = database.asTenant(ours, async (tx) => {
      await tx.query('set local row_security = off')
      return secretsOf(tx)
    })
    await expect(bypassing).rejects.toThrow('query would be affected by row-level security policy')
  })

  it('I-4 a table without policies of its own is closed to the service too once security is forced', async () => {
    await migrate(fresh.url, 'closed', [
      migration(
        1,
        'Closed',
        `create table closed.secrets (workspace_id uuid); insert into closed.secrets values ('${ours}');
         alter table closed.secrets enable row level security; alter table closed.secrets force row level security;
         grant select on closed.secrets to portitor_service;`,
      ),
    ])
    expect((await database.query('select * from closed.secrets')).rows).toEqual([])
  })
})
