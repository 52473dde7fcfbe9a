import { type Subscription, subscriptionSchema } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import { LRUCache } from 'lru-cache'
import { noSubscriptions, WorkspaceSubscriptions } from './workspace-subscriptions.ts'

/** Whoever has more subscriptions in use parses some of them again and again, and is slower for it. */
const parsedMax = 20_000
const parsed = new LRUCache<string, Subscription>({ max: parsedMax })

interface Row extends Record<string, unknown> {
  readonly workspace_id: string
  readonly subscription_id: string
  readonly revision: number
}

/** The subscriptions of some workspaces, as of the transaction that asks. What was parsed before is read by id and revision only. */
export async function findSubscriptions(
  tx: Queryable,
  workspaceIds: readonly string[],
): Promise<WorkspaceSubscriptions> {
  const { rows } = await tx.query<Row>({
    name: 'rating.find_subscriptions',
    text: `select workspace_id, subscription_id, revision from rating.subscriptions where workspace_id = any($1::uuid[])`,
    values: [workspaceIds],
  })
  if (rows.length === 0) return noSubscriptions
  // Taken out of the cache before anything is put in, which may drop what was there.
  const found = new Map(rows.map((row) => [row.subscription_id, parsed.get(keyOf(row))]))
  const unknown = [...found].filter(([, subscription]) => subscription === undefined).map(([id]) => id)
  // One that was changed between the two statements is answered as it is now.
  if (unknown.length > 0) for (const subscription of await parse(tx, unknown)) found.set(subscription.id, subscription)
  const byWorkspace = Map.groupBy(rows, (row) => row.workspace_id)
  return new WorkspaceSubscriptions(
    new Map([...byWorkspace].map(([id, own]) => [id, own.flatMap((row) => found.get(row.subscription_id) ?? [])])),
  )
}

/**
 * Stores a subscription as it was published, for a caller that has taken the turn. Answers the revision that was there before, 0
 * for none; undefined where nothing was to be stored, because it is no older.
 */
export async function storeSubscription(tx: Queryable, subscription: Subscription): Promise<number | undefined> {
  const { rows } = await tx.query<{ revision: number }>(
    'select revision from rating.subscriptions where subscription_id = $1',
    [subscription.id],
  )
  const before = rows[0]?.revision ?? 0
  if (before >= subscription.revision) return undefined
  await tx.query(
    `insert into rating.subscriptions (workspace_id, subscription_id, revision, starts_at, ends_at, content)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (subscription_id) do update
     set revision = excluded.revision, starts_at = excluded.starts_at, ends_at = excluded.ends_at, content = excluded.content`,
    [
      subscription.workspace_id,
      subscription.id,
      subscription.revision,
      subscription.starts_at,
      subscription.ends_at,
      JSON.stringify(subscription),
    ],
  )
  return before
}

async function parse(tx: Queryable, ids: readonly string[]): Promise<Subscription[]> {
  const { rows } = await tx.query<Row & { content: string }>(
    'select workspace_id, subscription_id, revision, content from rating.subscriptions where subscription_id = any($1::uuid[])',
    [ids],
  )
  return rows.map((row) => {
    const subscription = subscriptionSchema.parse(JSON.parse(row.content))
    parsed.set(keyOf(row), subscription)
    return subscription
  })
}

function keyOf({ subscription_id, revision }: Row): string {
  return `${subscription_id}@${revision}`
}
