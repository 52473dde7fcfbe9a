import { Inject, Injectable } from '@nestjs/common'
import { builtInRoles, type Principal } from '@portitor/contracts'
import type { Database, Queryable } from '@portitor/postgres'
import { v7 as uuidv7 } from 'uuid'
import { appendAudit } from '../audit/audit.store.ts'
import { AUTHENTICATION_DATABASE } from './authentication-database.ts'
import type { Person } from './trusted-issuers.ts'

interface PersonRow extends Record<string, unknown> {
  readonly id: string
  readonly operator: boolean
  readonly memberships: readonly {
    readonly workspace_id: string
    readonly workspace_status: 'active' | 'suspended' | 'closed'
    readonly team_id: string | null
    readonly role: string
    readonly role_id: string | null
    readonly role_scopes: readonly string[] | null
  }[]
}

const FIND = `
  select u.id, exists (select from auth.operators o where o.user_id = u.id) as operator,
    coalesce((
      select json_agg(json_build_object('workspace_id', m.workspace_id, 'workspace_status', w.status, 'team_id', m.team_id,
        'role', m.role, 'role_id', r.id, 'role_scopes', r.scopes) order by m.workspace_id)
      from auth.memberships m join auth.workspaces w on w.id = m.workspace_id
        left join auth.roles r on r.workspace_id = m.workspace_id and r.name = m.role
      where m.user_id = u.id
    ), '[]') as memberships
  from auth.users u where u.issuer = $1 and u.subject = $2`

/** Who a person of a trusted issuer is here. */
@Injectable()
export class LogInStore {
  constructor(@Inject(AUTHENTICATION_DATABASE) readonly database: Database) {}

  /** Found by issuer and subject; at the first log-in by a verified address, which binds them for ever. */
  async identify(person: Person, now: Date): Promise<Principal | undefined> {
    const found = await find(this.database, person)
    if (found !== undefined) return toPrincipal(found, person)
    if (person.email === undefined) return undefined
    const bound = await this.database.transaction(async (tx) => {
      await bind(tx, person, now)
      return find(tx, person)
    })
    return bound === undefined ? undefined : toPrincipal(bound, person)
  }
}

async function find(db: Queryable, { issuer, subject }: Person): Promise<PersonRow | undefined> {
  return (await db.query<PersonRow>(FIND, [issuer, subject])).rows[0]
}

/** Only a row that is bound to nobody: an address that changed hands, or another issuer, takes nobody over. */
async function bind(tx: Queryable, { issuer, subject, email }: Person, now: Date): Promise<void> {
  const { rows } = await tx.query<{ id: string }>(
    'update auth.users set issuer = $1, subject = $2 where lower(email) = lower($3) and issuer is null returning id',
    [issuer, subject, email],
  )
  const [user] = rows
  if (user === undefined) return
  await appendAudit(tx, [
    {
      id: uuidv7(),
      at: now.toISOString(),
      workspace_id: null,
      service: 'auth',
      actor: { kind: 'user', id: user.id, credential_id: null, on_behalf_of: [] },
      action: 'user.bound',
      target: `user:${user.id}`,
      before: { issuer: null },
      after: { issuer },
      address: null,
      request_id: null,
      outcome: 'done',
      code: null,
    },
  ])
}

function toPrincipal(row: PersonRow, person: Person): Principal {
  const roles = row.memberships.flatMap(({ role_id }) => (role_id === null ? [] : [`role:${role_id}`]))
  return {
    kind: 'user',
    id: row.id,
    operator: row.operator,
    credential_id: null,
    mode: 'live',
    memberships: row.memberships.map(({ workspace_id, workspace_status, team_id, role, role_scopes }) => ({
      workspace_id,
      workspace_status,
      team_id,
      // A role of the product cannot be redefined by a workspace; one that is gone allows nothing.
      scopes: [...(Object.hasOwn(builtInRoles, role) ? builtInRoles[role]! : (role_scopes ?? []))],
    })),
    agent: null,
    ip_allow_list: [],
    expires_at: person.expiresAt.toISOString(),
    depends_on: [`user:${row.id}`, ...row.memberships.map(({ workspace_id }) => workspace_id), ...roles],
  }
}
