import { Inject, Injectable } from '@nestjs/common'
import type { AgentStatus } from '@portitor/contracts'
import { IdentityView } from '@portitor/identity'
import { Peers } from '@portitor/service'
import { LRUCache } from 'lru-cache'
import { unavailable } from './problems.ts'

/** What `auth` answered is kept for so many workspaces and so long: by then the topic has told of a new one. */
const answersMax = 10_000
const answerMsMax = 5_000
const questionsAtOnceMax = 8

/** What ingestion asks of identity: whether a workspace exists, and whether an agent may act (I-6). */
@Injectable()
export class IdentityClient {
  readonly #answers = new LRUCache<string, boolean>({ max: answersMax, ttl: answerMsMax })

  constructor(
    @Inject(IdentityView) private readonly view: IdentityView,
    @Inject(Peers) private readonly peers: Peers,
  ) {}

  /**
   * The workspaces among `ids` that do not exist. One that nobody has announced yet is asked for at `auth`; where that does
   * not answer, 503 `identity.unavailable`: an event is never refused for a workspace that is only new.
   */
  async unknownAmong(ids: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const unknown = new Set<string>()
    const unheard = [...ids].filter((id) => this.view.workspaceStatus(id) === undefined)
    if (unheard.length === 0) return unknown
    const questions = unheard.values()
    const workers = Array.from({ length: Math.min(questionsAtOnceMax, unheard.length) }, async () => {
      for (const id of questions) if (!(await this.exists(id))) unknown.add(id)
    })
    await Promise.all(workers)
    return unknown
  }

  agentStatus(workspaceId: string, agentId: string | undefined): AgentStatus | undefined {
    return agentId === undefined ? undefined : this.view.agentStatus(workspaceId, agentId)
  }

  private async exists(id: string): Promise<boolean> {
    const before = this.#answers.get(id)
    if (before !== undefined) return before
    const status = await this.peers.get('auth', `/api/v1/workspaces/${id}`).then(
      (answer) => answer.status,
      () => 503,
    )
    // 400: an id that our rules take for one and those of `auth` do not.
    if (status !== 200 && status !== 404 && status !== 400)
      throw unavailable(
        'identity.unavailable',
        'It cannot be found out at the moment whether the workspace exists. Send these events again in a moment.',
      )
    this.#answers.set(id, status === 200)
    return status === 200
  }
}
