import { Inject, Injectable } from '@nestjs/common'
import { type ExportedUsage, exportPageSchema, usageAnswerSchema } from '@portitor/contracts'
import { Peers } from '@portitor/service'

/** Of at most 64 KiB each, as events are: what a peer's answer may hold. */
const eventsPerPage = { usual: 1_000, least: 200 }
const workspacesPerPage = 500

interface Range {
  readonly from: string
  readonly to: string
}

/** What analytics has of a range, which is what is replayed. */
@Injectable()
export class AnalyticsClient {
  constructor(@Inject(Peers) private readonly peers: Peers) {}

  /** The workspaces with events around a range, to whole hours, and how many. Throws where there are more than `max`. */
  async workspaces(
    { from, to }: Range,
    only: readonly string[] | undefined,
    max: number,
  ): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>()
    const query = new URLSearchParams({ from, to, group_by: 'workspace_id', limit: String(workspacesPerPage) })
    for (const id of only ?? []) query.append('workspace_id', id)
    for (;;) {
      const { data, next_cursor: next } = usageAnswerSchema.parse(
        await this.#read(`/api/v1/metering/usage?${query.toString()}`),
      )
      for (const { group, events } of data) {
        const id = group.workspace_id!
        found.set(id, (found.get(id) ?? 0) + events)
      }
      if (found.size > max) throw new Error(`more than ${max} workspaces have usage in the range: name some of them`)
      if (next === null) return found
      query.set('cursor', next)
    }
  }

  /** The events of a workspace, page by page. Where a page cannot be read, a smaller one is tried. */
  async events(
    { from, to }: Range,
    workspaceId: string,
    cursor: string | undefined,
  ): Promise<{ readonly events: readonly ExportedUsage[]; readonly next: string | null }> {
    const query = new URLSearchParams({ from, to, workspace_id: workspaceId, limit: String(eventsPerPage.usual) })
    if (cursor !== undefined) query.set('cursor', cursor)
    const path = () => `/api/v1/analytics/rated_usages?${query.toString()}`
    const answer = await this.#read(path()).catch(() => {
      query.set('limit', String(eventsPerPage.least))
      return this.#read(path())
    })
    const { data, next_cursor: next } = exportPageSchema.parse(answer)
    return { events: data, next }
  }

  async #read(path: string): Promise<unknown> {
    const { status, body } = await this.peers.get('analytics', path)
    if (status !== 200) throw new Error(`analytics answered ${status} ${(body as { code?: string }).code ?? ''}`)
    return body
  }
}
