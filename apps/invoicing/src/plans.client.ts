import { Inject, Injectable } from '@nestjs/common'
import { planSchema } from '@portitor/contracts'
import { type PeerAnswer, Peers, ProblemException, type ServiceName } from '@portitor/service'
import { z } from 'zod'
import { checkTerms, type Offer } from './check-terms.ts'
import type { Terms } from './subscription-record.ts'

/** Of what rating says about a plan, what is asked here. */
const entrySchema = z.object({
  kind: z.enum(['plan', 'add_on']),
  newest_published: z.int().positive().nullable(),
  in_force: z.int().positive().nullable(),
})
const versionSchema = z.object({ status: z.enum(['draft', 'published']), content: planSchema })

/** Asks the owners of plans and workspaces whether what a subscription names is there. 503 `peer.unavailable` where they do not say. */
@Injectable()
export class PlansClient {
  constructor(@Inject(Peers) private readonly peers: Peers) {}

  /** The days of trial that the plan grants. Refuses terms that cannot be billed: 422, naming the field. */
  async check(terms: Pick<Terms, 'plan' | 'version' | 'add_ons' | 'overrides'>): Promise<number> {
    const plan = await this.#offer(terms.plan, terms.version)
    const addOns: Offer[] = []
    for (const { plan: id, version } of terms.add_ons) addOns.push(await this.#offer(id, version))
    const refusal = checkTerms(terms, { plan, addOns })
    if (refusal === undefined) return plan?.content?.trial_days ?? 0
    const { status = 422, code, detail, field } = refusal
    throw new ProblemException(status, code, detail, { errors: [{ in: 'body', field, expected: detail }] })
  }

  /** 404 `workspace.not_found`: nobody is subscribed who does not exist. */
  async checkWorkspace(workspaceId: string): Promise<void> {
    const answer = await this.peers.get('auth', `/api/v1/workspaces/${workspaceId}`)
    if (answer.status === 404)
      throw new ProblemException(404, 'workspace.not_found', 'There is no workspace of this id.')
    read('auth', z.object({ id: z.string() }), answer)
  }

  /** Following: what the version in force says, or the first one to come. */
  async #offer(plan: string, version: number | null): Promise<Offer> {
    const answer = await this.peers.get('rating', `/api/v1/pricing/plans/${plan}`)
    if (answer.status === 404) return undefined
    const { kind, newest_published, in_force } = read('rating', entrySchema, answer)
    const wanted = version ?? in_force ?? newest_published
    if (wanted === null) return { plan, kind, content: undefined }
    const detail = await this.peers.get('rating', `/api/v1/pricing/plans/${plan}/versions/${wanted}`)
    if (detail.status === 404) return { plan, kind, content: undefined }
    const { status, content } = read('rating', versionSchema, detail)
    return { plan, kind, content: status === 'published' ? content : undefined }
  }
}

function read<Value>(peer: ServiceName, schema: z.ZodType<Value>, { status, body }: PeerAnswer<unknown>): Value {
  const value = schema.safeParse(body)
  if (status === 200 && value.success) return value.data
  throw new ProblemException(
    503,
    'peer.unavailable',
    `The service ${peer} gave no answer that can be read (status ${status}); try again.`,
    {},
    { 'retry-after': '1' },
  )
}
