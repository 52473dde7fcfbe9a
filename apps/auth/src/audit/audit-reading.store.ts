import type { AuditEntry, ListAuditQuery } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import { toAuditEntry } from './audit.store.ts'
import type { StoredEntry } from './verify-chain.ts'

export type AuditFilters = Omit<ListAuditQuery, 'cursor' | 'limit'>

/** Where a list goes on: time and id of the last entry shown. */
export interface TimePlace {
  readonly at: string
  readonly id: string
}

/** Where an export or a verification goes on. */
export interface ChainPlace {
  readonly workspaceId: string
  readonly sequence: bigint
}

export interface ChainHead {
  readonly workspaceId: string
  readonly head: { readonly sequence: bigint; readonly hash: Buffer } | undefined
  /** The largest sequence among the entries at that moment; 0 where there is none. */
  readonly last: bigint
}

const COLUMNS = `workspace_id as "workspaceId", sequence, id,
  to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, service, actor::text, action, target, before::text,
  after::text, address, request_id as "requestId", outcome, code, previous_hash as "previousHash", hash`

const FILTERS = `($1::text is null or action = $1) and ($2::text is null or actor ->> 'id' = $2)
  and ($3::text is null or target = $3) and ($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5)`

function filterValues({ action, actor_id, target, from, to }: AuditFilters) {
  return [action, actor_id, target, from, to].map((value) => value ?? null)
}

/** Newest first, over all chains that `db` may see. */
export async function listAudit(
  db: Queryable,
  query: { readonly filters: AuditFilters; readonly before: TimePlace | undefined; readonly limit: number },
): Promise<AuditEntry[]> {
  const { rows } = await db.query<StoredEntry & Record<string, unknown>>(
    `select ${COLUMNS} from auth.audit_entries e
     where ${FILTERS} and ($6::timestamptz is null or (e.at, e.id) < ($6, $7::uuid))
     order by e.at desc, e.id desc limit $8`,
    [...filterValues(query.filters), query.before?.at ?? null, query.before?.id ?? null, query.limit],
  )
  return rows.map(toAuditEntry)
}

/** Chain by chain, each from its first entry on: the order in which hashes are checked. */
export async function exportAudit(
  db: Queryable,
  query: { readonly filters: AuditFilters; readonly after: ChainPlace | undefined; readonly limit: number },
): Promise<{ entries: AuditEntry[]; last: ChainPlace | undefined }> {
  const { rows } = await db.query<StoredEntry & Record<string, unknown>>(
    `select ${COLUMNS} from auth.audit_entries e
     where ${FILTERS} and ($6::uuid is null or (e.workspace_id, e.sequence) > ($6, $7::bigint))
     order by e.workspace_id, e.sequence limit $8`,
    [...filterValues(query.filters), query.after?.workspaceId ?? null, query.after?.sequence ?? null, query.limit],
  )
  return { entries: rows.map(toAuditEntry), last: rows.at(-1) }
}

/** The next chains after `after` that `db` may see, with their heads; also those whose head or entries somebody took away. */
export async function readChains(db: Queryable, after: string | undefined, limit: number): Promise<ChainHead[]> {
  // Head and entries in one statement, so of one moment: an entry that is appended meanwhile is no damage.
  const { rows } = await db.query<{ workspaceId: string; sequence: bigint | null; hash: Buffer | null; last: bigint }>(
    `select chain.workspace_id as "workspaceId", h.sequence, h.hash,
       coalesce((select max(e.sequence) from auth.audit_entries e where e.workspace_id = chain.workspace_id), 0) as last
     from (
       select workspace_id from auth.audit_heads where $1::uuid is null or workspace_id > $1
       union select workspace_id from auth.audit_entries where $1::uuid is null or workspace_id > $1
       order by workspace_id limit $2
     ) chain left join auth.audit_heads h using (workspace_id)
     order by chain.workspace_id`,
    [after ?? null, limit],
  )
  return rows.map(({ workspaceId, sequence, hash, last }) => ({
    workspaceId,
    head: sequence === null || hash === null ? undefined : { sequence, hash },
    last,
  }))
}

/** Entries of one chain in order, up to where its head was. */
export async function readChain(
  db: Queryable,
  place: ChainPlace,
  limits: { readonly until: bigint; readonly limit: number },
): Promise<StoredEntry[]> {
  const { rows } = await db.query<StoredEntry & Record<string, unknown>>(
    `select ${COLUMNS} from auth.audit_entries e
     where workspace_id = $1 and sequence > $2 and sequence <= $3 order by sequence limit $4`,
    [place.workspaceId, place.sequence, limits.until, limits.limit],
  )
  return rows
}
