import { Inject, Injectable } from '@nestjs/common'
import { Bus } from '@portitor/bus'
import type { PlanContent, PlanEntry, PlanVersionDetail, PlanVersionSummary, VersionActor } from '@portitor/contracts'
import type { Queryable } from '@portitor/postgres'
import { announce } from '../catalog/catalog-head.store.ts'
import type { Effective } from '../catalog/versions-in-force.ts'
import { type StoredReview, type VersionRow, VersionsStore } from '../versions/versions.store.ts'
import { type PublishedPlan, publishedPlan } from './published-plan.ts'

interface Shown {
  readonly kind: 'plan' | 'add_on'
  readonly name: string
}

interface PlanDraft {
  readonly note: string
  readonly content: PlanContent
  readonly author: VersionActor | null
}

interface PublishedRow {
  readonly plan: string
  readonly version: number
  readonly kind: 'plan' | 'add_on'
  readonly from: Date
  readonly to: Date | null
  readonly content: string
}

/** The versions of plans and add-ons (B-1). Whoever writes holds the lock of `lockCatalog` in the same transaction. */
@Injectable()
export class PlansStore {
  readonly noun = 'plan'
  readonly #versions = new VersionsStore<Shown>('plan', ['kind', 'name'])

  constructor(@Inject(Bus) readonly bus: Bus) {}

  /** Newest first; versions below `before`, at most `limit`. */
  async list(
    db: Queryable,
    plan: string,
    page: { before: number; limit: number; publishedOnly: boolean },
  ): Promise<PlanVersionSummary[]> {
    return (await this.#versions.list(db, plan, page)).map(toSummary)
  }

  /** One version with its content, which was checked when it was stored. */
  async find(db: Queryable, plan: string, version: number): Promise<PlanVersionDetail | undefined> {
    const row = await this.#versions.find(db, plan, version)
    return row && { ...toSummary(row), content: JSON.parse(row.content) as PlanContent }
  }

  /** Plans by id after `after`, at most `limit`: the kind and name of the version in force, else of the newest published, else of the newest. */
  async entries(
    db: Queryable,
    page: { after: string; limit: number; seenBy: string | undefined; now: Date; plan?: string },
  ): Promise<Required<PlanEntry>[]> {
    const { rows } = await db.query<Required<PlanEntry>>(
      `select e.plan, v.kind, v.name, e.newest_published, e.in_force, e.newest_version
       from (
         select plan, max(version) as newest_version,
           max(version) filter (where status = 'published') as newest_published,
           max(version) filter (where effective_from <= $4 and (effective_to is null or $4 < effective_to)) as in_force
         from rating.plan_versions o where plan > $1 and ($5::text is null or plan = $5) group by plan
         having $3::uuid is null or (max(version) filter (where status = 'published') is not null and ${isShown('o.plan', '$3')})
         order by plan limit $2
       ) e join rating.plan_versions v on v.plan = e.plan and v.version = coalesce(in_force, newest_published, newest_version)
       order by e.plan`,
      [page.after, page.limit, page.seenBy ?? null, page.now, page.plan ?? null],
    )
    return rows
  }

  /** Whether a workspace may see the plan at all: it is public, or the workspace's own. */
  async isShownTo(db: Queryable, plan: string, workspaceId: string): Promise<boolean> {
    const { rows } = await db.query<{ shown: boolean }>(`select ${isShown('$1::text', '$2')} as shown`, [
      plan,
      workspaceId,
    ])
    return rows[0]!.shown
  }

  /** The kind of its published versions; undefined before the first. */
  async publishedKind(db: Queryable, plan: string): Promise<'plan' | 'add_on' | undefined> {
    const { rows } = await db.query<{ kind: 'plan' | 'add_on' }>(
      `select kind from rating.plan_versions where plan = $1 and status = 'published' limit 1`,
      [plan],
    )
    return rows[0]?.kind
  }

  async insertDraft(tx: Queryable, plan: string, draft: PlanDraft): Promise<PlanVersionSummary> {
    return toSummary(await this.#versions.insertDraft(tx, plan, { ...draft, columns: columnsOf(draft) }))
  }

  /** Gives a draft another content. */
  async replaceDraft(tx: Queryable, plan: string, version: number, draft: PlanDraft): Promise<PlanVersionSummary> {
    return toSummary(await this.#versions.replaceDraft(tx, plan, version, { ...draft, columns: columnsOf(draft) }))
  }

  async review(tx: Queryable, { plan, ...draft }: PlanVersionSummary, review: StoredReview): Promise<void> {
    await this.#versions.review(tx, { subject: plan, ...draft }, review)
  }

  /** Turns a draft into what it says from now on, and announces it; the database refuses any second time. */
  async publish(
    tx: Queryable,
    { plan, version }: PlanVersionDetail,
    publication: { effectiveFrom: string; effectiveTo: string | null; publisher: VersionActor | null; now: Date },
  ): Promise<PlanVersionSummary> {
    const { effectiveFrom: effective_from, effectiveTo: effective_to } = publication
    const row = await this.#versions.publish(tx, plan, version, {
      ...publication,
      columns: { effective_from, effective_to },
    })
    await announce(tx, this.bus, [{ kind: 'plan', plan, version }])
    return toSummary(row)
  }

  /** When the plan's published versions are in force. */
  async published(db: Queryable, plan: string): Promise<Effective[]> {
    return this.#versions.published(db, plan)
  }

  /** How much all published versions take in the memory of a rater. */
  async publishedSize(db: Queryable): Promise<{ versions: number; characters: number }> {
    const { rows } = await db.query<{ versions: number; characters: number }>(
      `select count(*)::int as versions, coalesce(sum(length(content)), 0)::int as characters
       from rating.plan_versions where status = 'published'`,
    )
    return rows[0]!
  }

  /** Published versions that are not `known`, keys of which are `<plan>:<version>`; ascending by plan and version. */
  async loadPublished(db: Queryable, known: readonly string[]): Promise<PublishedPlan[]> {
    const { rows } = await db.query<PublishedRow>(
      `select plan, version, kind, effective_from as "from", effective_to as "to", content from rating.plan_versions
       where status = 'published' and plan || ':' || version <> all ($1::text[]) order by plan, version`,
      [known],
    )
    return rows.map(({ from, to, content, ...version }) =>
      publishedPlan({ ...version, effectiveFromMs: from.getTime(), effectiveToMs: to?.getTime() ?? Infinity }, content),
    )
  }
}

/** What the newest published version says decides; whoever is, was or will be subscribed sees a private plan. */
const isShown = (plan: string, workspace: string) => `(
  (select content::jsonb->>'visibility' from rating.plan_versions n where n.plan = ${plan} and n.status = 'published'
   order by version desc limit 1) is distinct from 'private'
  or exists (select from rating.subscriptions s where s.workspace_id = ${workspace}::uuid and jsonb_path_exists(
    s.content::jsonb, '$.phases[*] ? (@.plan == $plan || @.add_ons[*].plan == $plan)', jsonb_build_object('plan', ${plan}))))`

function columnsOf({ content }: PlanDraft): Readonly<Record<string, unknown>> {
  return { currency: content.currency, kind: content.kind ?? 'plan', name: content.name }
}

function toSummary({ subject, ...row }: VersionRow<Shown>): PlanVersionSummary {
  return {
    plan: subject,
    version: row.version,
    kind: row.kind,
    name: row.name,
    status: row.status,
    created_at: row.created_at.toISOString(),
    published_at: row.published_at?.toISOString() ?? null,
    note: row.note,
    effective_from: row.effective_from?.toISOString() ?? null,
    effective_to: row.effective_to?.toISOString() ?? null,
    content_sha256: row.content_sha256,
    author: row.author,
    publisher: row.publisher,
    revision: row.revision,
    reviews: [...row.reviews],
  }
}
