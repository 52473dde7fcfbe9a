import type { AuditEntry, AuditRecorded } from '@portitor/contracts'
import {
  byteaArray,
  int8Array,
  jsonArray,
  type Queryable,
  textArray,
  timestampArray,
  uuidTextArray,
} from '@portitor/postgres'
import { auditHash, FIRST_PREVIOUS_HASH } from './audit-hash.ts'
import { OPERATOR_CHAIN } from '../migrations/0004-audit.ts'
import type { StoredEntry } from './verify-chain.ts'

interface Head {
  readonly sequence: bigint
  readonly hash: Buffer
}

/**
 * Adds entries to the chains of their workspaces, in the order given and in the caller's transaction, which acts as
 * `portitor_service`. Their heads stay locked until it ends, so it comes late in it. An entry whose id is in its chain
 * already is left out: a repeat records once.
 */
export async function appendAudit(tx: Queryable, entries: readonly AuditRecorded[]): Promise<void> {
  if (entries.length === 0) return
  // Sorted: two transactions with the same chains wait for each other and never both.
  const chains = [...new Set(entries.map(chainOf))].sort()
  const heads = await lockHeads(tx, chains)
  const known = await knownIds(tx, entries)
  const added: StoredEntry[] = []
  for (const entry of entries) {
    const chain = chainOf(entry)
    const key = `${chain} ${entry.id.toLowerCase()}`
    if (known.has(key)) continue
    known.add(key)
    const stored = toStored(entry, chain, heads.get(chain)!)
    heads.set(chain, stored)
    added.push(stored)
  }
  if (added.length === 0) return
  await insertEntries(tx, added)
  const moved = [...new Set(added.map(({ workspaceId }) => workspaceId))]
  await tx.query(
    `update auth.audit_heads h set sequence = n.sequence, hash = n.hash
     from unnest($1::uuid[], $2::bigint[], $3::bytea[]) n(workspace_id, sequence, hash) where h.workspace_id = n.workspace_id`,
    [moved, moved.map((chain) => heads.get(chain)!.sequence), moved.map((chain) => heads.get(chain)!.hash)],
  )
}

function chainOf({ workspace_id }: AuditRecorded): string {
  return workspace_id?.toLowerCase() ?? OPERATOR_CHAIN
}

async function lockHeads(tx: Queryable, chains: readonly string[]): Promise<Map<string, Head>> {
  await tx.query(
    `insert into auth.audit_heads (workspace_id, sequence, hash)
     select chain, 0, $2 from unnest($1::uuid[]) chain order by chain on conflict do nothing`,
    [chains, FIRST_PREVIOUS_HASH],
  )
  const { rows } = await tx.query<Head & { workspace_id: string }>(
    `select workspace_id, sequence, hash from auth.audit_heads where workspace_id = any ($1::uuid[])
     order by workspace_id for update`,
    [chains],
  )
  return new Map(rows.map(({ workspace_id, sequence, hash }) => [workspace_id, { sequence, hash }]))
}

/** Asked after the heads are locked, so that a twin that was being written is seen. */
async function knownIds(tx: Queryable, entries: readonly AuditRecorded[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ workspace_id: string; id: string }>(
    `select workspace_id, id from auth.audit_entries
     where (workspace_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))`,
    [entries.map(chainOf), entries.map(({ id }) => id)],
  )
  return new Set(rows.map(({ workspace_id, id }) => `${workspace_id} ${id}`))
}

function toStored(entry: AuditRecorded, workspaceId: string, before: Head): StoredEntry {
  const hashed = {
    workspaceId,
    sequence: before.sequence + 1n,
    id: entry.id.toLowerCase(),
    at: new Date(entry.at).toISOString(),
    service: entry.service,
    actor: JSON.stringify(entry.actor),
    action: entry.action,
    target: entry.target,
    before: entry.before === null ? null : JSON.stringify(entry.before),
    after: entry.after === null ? null : JSON.stringify(entry.after),
    address: entry.address,
    requestId: entry.request_id,
    outcome: entry.outcome,
    code: entry.code,
  }
  return { ...hashed, previousHash: before.hash, hash: auditHash(before.hash, hashed) }
}

async function insertEntries(tx: Queryable, entries: readonly StoredEntry[]): Promise<void> {
  await tx.query(
    `insert into auth.audit_entries (workspace_id, sequence, id, at, service, actor, action, target, before, after, address,
       request_id, outcome, code, previous_hash, hash)
     select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::timestamptz[], $5::text[], $6::json[], $7::text[], $8::text[],
       $9::json[], $10::json[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bytea[], $16::bytea[])`,
    [
      uuidTextArray(entries, (entry) => entry.workspaceId),
      int8Array(entries, (entry) => entry.sequence),
      uuidTextArray(entries, (entry) => entry.id),
      timestampArray(entries, (entry) => Date.parse(entry.at)),
      textArray(entries, (entry) => entry.service),
      jsonArray(entries, (entry) => entry.actor),
      textArray(entries, (entry) => entry.action),
      textArray(entries, (entry) => entry.target),
      jsonArray(entries, (entry) => entry.before),
      jsonArray(entries, (entry) => entry.after),
      textArray(entries, (entry) => entry.address),
      textArray(entries, (entry) => entry.requestId),
      textArray(entries, (entry) => entry.outcome),
      textArray(entries, (entry) => entry.code),
      byteaArray(entries, (entry) => entry.previousHash),
      byteaArray(entries, (entry) => entry.hash),
    ],
  )
}

/** An entry as the API shows it: its parts parsed, its hashes in hex. Whoever writes them as JSON again has the text that was hashed. */
export function toAuditEntry(stored: StoredEntry): AuditEntry {
  const parsed = (text: string | null) => (text === null ? null : (JSON.parse(text) as Record<string, unknown>))
  return {
    id: stored.id,
    at: stored.at,
    workspace_id: stored.workspaceId === OPERATOR_CHAIN ? null : stored.workspaceId,
    service: stored.service,
    actor: JSON.parse(stored.actor) as AuditEntry['actor'],
    action: stored.action,
    target: stored.target,
    before: parsed(stored.before),
    after: parsed(stored.after),
    address: stored.address,
    request_id: stored.requestId,
    outcome: stored.outcome as AuditEntry['outcome'],
    code: stored.code,
    sequence: String(stored.sequence),
    previous_hash: stored.previousHash.toString('hex'),
    hash: stored.hash.toString('hex'),
  }
}
