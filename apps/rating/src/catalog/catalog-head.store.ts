import type { Bus } from '@portitor/bus'
import { catalogChangedTopic, type CatalogChanged } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'

/**
 * Takes the catalogue's one lock, which every change holds until it commits: versions stay gapless and `revision` counts
 * one publication at a time. Returns the revision before the change.
 */
export async function lockCatalog(tx: Queryable): Promise<bigint> {
  const { rows } = await tx.query<{ revision: bigint }>('select revision from rating.catalog_head for update')
  return rows[0]!.revision
}

/** Announces changes in the transaction that makes them, as its last statements: raters reload by the revision, others by the topic. */
export async function announce(tx: Queryable, bus: Bus, changes: readonly CatalogChanged[]): Promise<void> {
  await tx.query('update rating.catalog_head set revision = revision + 1')
  await bus.publish(
    tx,
    changes.map((change) => ({
      topic: catalogChangedTopic,
      key: keyOf(change),
      value: JSON.stringify(change),
      headers: { 'content-type': 'application/json' },
    })),
  )
}

/** The currency of what is published, books and plans alike, as rated usage has one; undefined before anything is. */
export async function currencyInUse(db: Queryable): Promise<string | undefined> {
  const { rows } = await db.query<{ currency: string }>(
    `(select currency from rating.book_versions where status = 'published' limit 1)
     union all
     (select currency from rating.plan_versions where status = 'published' limit 1) limit 1`,
  )
  return rows[0]?.currency
}

function keyOf(change: CatalogChanged): string {
  switch (change.kind) {
    case 'meter':
      return `meter:${change.meter.name}`
    case 'book':
      return `book:${change.book}`
    case 'plan':
      return `plan:${change.plan}`
  }
}
