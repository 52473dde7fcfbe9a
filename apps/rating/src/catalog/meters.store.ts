import { Inject, Injectable } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import { meterSchema, type Meter } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import { announce } from './catalog-head.store.ts'

/** The meters (M-3): created once, never changed, since rated events and charges name them. */
@Injectable()
export class MetersStore {
  constructor(@Inject(Bus) readonly bus: Bus) {}

  /** By name; names after `after`, at most `limit`. */
  async list(db: Queryable, page: { after: string; limit: number }): Promise<Meter[]> {
    const { rows } = await db.query<{ definition: unknown }>(
      'select definition from rating.meters where name > $1 order by name limit $2',
      [page.after, page.limit],
    )
    return rows.map(({ definition }) => meterSchema.parse(definition))
  }

  async all(db: Queryable): Promise<Meter[]> {
    return this.list(db, { after: '', limit: METERS_MAX })
  }

  /** Adds meters that do not exist yet and announces them; the caller holds the catalogue's lock. */
  async insert(tx: Queryable, meters: readonly Meter[]): Promise<void> {
    await tx.query(
      `insert into rating.meters (name, definition)
       select definition ->> 'name', definition from jsonb_array_elements($1::jsonb) definition`,
      [JSON.stringify(meters)],
    )
    await announce(
      tx,
      this.bus,
      meters.map((meter) => ({ kind: 'meter', meter })),
    )
  }
}

/** Every rater and every ingester keeps all meters in memory. */
export const METERS_MAX = 10_000
