import { Inject, Injectable } from '@nestjs/common'
import type { Database } from '@portitor/postgres'
import { Log } from '@portitor/service'
import { AUTHENTICATION_DATABASE } from './authentication-database.ts'
import { agentDepthMax, type FoundCredential } from './judge-credential.ts'

/** How exact `last_used_at` is: a row is written once in this time, however often the key is used. */
const lastUsedMs = 60_000

/** One statement: what it answers is of one moment. One agent more than allowed is read, which shows that there are too many. */
const find = (by: 'hash' | 'id') => `
  with recursive found as (
    select * from auth.credentials where ${by} = $1
  ), chain as (
    select a.id, a.parent_agent_id, a.status, a.allowed_models, a.allowed_tools, a.allowed_workflows, a.scopes, 1 as depth
    from found join auth.agents a on a.id = found.agent_id and a.workspace_id = found.workspace_id
    union all
    select a.id, a.parent_agent_id, a.status, a.allowed_models, a.allowed_tools, a.allowed_workflows, a.scopes, depth + 1
    from chain join auth.agents a on a.id = chain.parent_agent_id where depth <= ${agentDepthMax}
  )
  select f.id, f.workspace_id, coalesce(live.status, w.status) as workspace_status, w.test_of, test.id as test_workspace_id, f.kind, f.scopes, f.ip_allow_list, f.expires_at, f.revoked_at,
    f.last_used_at, coalesce((select json_agg(chain order by depth) from chain), '[]') as chain
  from found f join auth.workspaces w on w.id = f.workspace_id
    left join auth.workspaces live on live.id = w.test_of
    left join auth.workspaces test on test.test_of = w.id and f.kind = 'test'`

/** Credentials as they stand, for whoever asks what they are worth. */
@Injectable()
export class IntrospectionStore {
  constructor(
    @Inject(AUTHENTICATION_DATABASE) readonly database: Database,
    @Inject(Log) readonly log: Log,
  ) {}

  async findByHash(hash: Buffer): Promise<FoundCredential | undefined> {
    const statement = { name: 'auth.find_by_hash', text: find('hash'), values: [hash] }
    return (await this.database.query<FoundRow>(statement)).rows[0]
  }

  async findById(id: string): Promise<FoundCredential | undefined> {
    const statement = { name: 'auth.find_by_id', text: find('id'), values: [id] }
    return (await this.database.query<FoundRow>(statement)).rows[0]
  }

  /** Notes the use, unless one was noted within the last minute. A good credential is not refused because this fails. */
  async used({ id, last_used_at }: FoundCredential, now: Date): Promise<void> {
    const before = new Date(now.getTime() - lastUsedMs)
    if (last_used_at !== null && last_used_at > before) return
    await this.database
      .query(
        'update auth.credentials set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at <= $3)',
        [id, now, before],
      )
      .catch((err: unknown) => this.log.warn({ err, credential_id: id }, 'the use of a credential could not be noted'))
  }
}

type FoundRow = FoundCredential & Record<string, unknown>
