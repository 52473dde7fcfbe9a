import { Inject, Injectable } from '@nestjs/common'
import type { UsageEvent } from '@portitor/metering'
import { Peers } from '@portitor/service'

/** How many questions one request may put, how many at once, and how long all of them may take. */
const questionsMax = 64
const questionsAtOnceMax = 8
const answersMsMax = 3_000

/** Asks rating whether an id that was accepted a while ago is still occupied (M-5, M-13). */
@Injectable()
export class TakenIds {
  constructor(@Inject(Peers) private readonly peers: Peers) {}

  /**
   * The keys among `suspects` that are occupied: rated, posted, or not seen yet, since then the first copy is on its way.
   * A rejected one is free. What rating does not answer in time counts as free: it will see the second payload in the
   * log and dead-letter it.
   */
  async among(suspects: ReadonlyMap<string, UsageEvent>): Promise<ReadonlySet<string>> {
    const taken = new Set<string>()
    if (suspects.size === 0) return taken
    const questions = [...suspects].slice(0, questionsMax).values()
    const deadline = Promise.withResolvers<void>()
    const timer = setTimeout(deadline.resolve, answersMsMax)
    const workers = Array.from({ length: questionsAtOnceMax }, async () => {
      for (const [key, event] of questions) if (await this.isTaken(event)) taken.add(key)
    })
    await Promise.race([Promise.all(workers), deadline.promise])
    clearTimeout(timer)
    return new Set(taken)
  }

  private async isTaken({ workspaceId, source, id }: UsageEvent): Promise<boolean> {
    const query = new URLSearchParams({ source, id })
    try {
      const { status, body } = await this.peers.get<{ status?: string }>(
        'rating',
        `/api/v1/metering/events?${query.toString()}`,
        { 'x-workspace-id': workspaceId },
      )
      return status === 404 || (status === 200 && body.status !== 'rejected')
    } catch {
      return false
    }
  }
}
