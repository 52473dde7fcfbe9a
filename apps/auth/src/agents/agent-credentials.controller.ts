import { randomInt } from 'node:crypto'
import { Controller, Delete, Get, Inject, Post } from '@nestjs/common'
import {
  type AgentCredential,
  type CredentialPath,
  credentialPathSchema,
  type IdPath,
  idPathSchema,
  issueCredentialSchema,
  type NewAgentCredential,
  type PageQuery,
  pageQuerySchema,
  rotateSchema,
} from '@portitor/contracts'
import { Caller, Path, Query } from '@portitor/service'
import { v7 as uuidv7 } from 'uuid'
import { workspaceOf } from '../changes/act-as.ts'
import { credentialScopes, requireBelow, requireNotRevoked } from './agent-rights.ts'
import { AgentsStore } from './agents.store.ts'
import { Call } from '../changes/call.decorator.ts'
import { type Change, ChangesStore } from '../changes/changes.store.ts'
import { toAgentCredential } from '../keys/credential.row.ts'
import { CredentialsStore } from '../keys/credentials.store.ts'
import { afterId, type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'
import { credentialChanged } from '../changes/identity-changed.ts'
import { creatorOf, expiringAfter, type Issued, issueCredential } from '../keys/issue-credential.ts'
import { KEY_PEPPER } from '../keys/key-hash.ts'
import { requireOwnMode } from '../changes/refused-grant.ts'
import { rotateCredential } from '../keys/rotate-credential.ts'
import { withinOwnLife } from '../keys/within-own-life.ts'
import { rowWith } from '../changes/row-with.ts'

/** Credentials of an agent (I-6), several at a time. */
@Controller('api/v1/agents/:id/credentials')
export class AgentCredentialsController {
  constructor(
    @Inject(AgentsStore) readonly agents: AgentsStore,
    @Inject(CredentialsStore) readonly credentials: CredentialsStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
    @Inject(KEY_PEPPER) readonly pepper: string,
  ) {}

  @Get()
  async list(
    @Caller() caller: Caller,
    @Path(idPathSchema) { id }: IdPath,
    @Query(pageQuerySchema) { cursor, limit }: PageQuery,
  ): Promise<Page<AgentCredential>> {
    const workspaceId = workspaceOf(caller)
    const after = afterId(cursor)
    const at = new Date()
    const rows = await this.changes.read(workspaceId, async (tx) => {
      found('agent', await this.agents.find(tx, workspaceId, id))
      return this.credentials.page(tx, { workspaceId, agentId: id }, after, limit + 1)
    })
    return toPage(
      rows,
      limit,
      (row) => row.id,
      (row) => toAgentCredential(row, at),
    )
  }

  @Post()
  async issue(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<NewAgentCredential> {
    const { caller, at } = call
    const workspaceId = workspaceOf(caller)
    found('agent', await this.changes.read(workspaceId, (rows) => this.agents.find(rows, workspaceId, id)))
    const body = call.body(expiringAfter(issueCredentialSchema, at))
    const undertaking = { workspaceId, action: 'credential.created', target: `agent:${id}`, creates: body }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        const agent = found('agent', await this.agents.findForChange(rows, workspaceId, id))
        const chain = await this.agents.chain(rows, workspaceId, id)
        requireBelow(caller, chain, 'too')
        requireNotRevoked(agent)
        requireOwnMode(caller, 'live', true)
        const wanted = {
          id: uuidv7(),
          workspaceId,
          agentId: agent.id,
          kind: 'agent' as const,
          name: body.name,
          scopes: credentialScopes(caller, chain, body.scopes),
          ...withinOwnLife(caller, body.expires_at, []),
          createdBy: creatorOf(caller),
        }
        const issued = issueCredential(wanted, at, { pepper: this.pepper, randomInt })
        await this.credentials.insert(rows, issued.row)
        return issuedChange(issued, at)
      }),
    )
  }

  @Post(':credential_id/rotate')
  async rotate(@Call() call: Call, @Path(credentialPathSchema) path: CredentialPath): Promise<NewAgentCredential> {
    const { caller, at } = call
    const holder = { workspaceId: workspaceOf(caller), agentId: path.id }
    await this.#require(holder, path.credential_id)
    const body = call.body(rotateSchema)
    const target = `credential:${path.credential_id}`
    const undertaking = { workspaceId: holder.workspaceId, action: 'credential.rotated', target, creates: body }
    const rotation = { holder, id: path.credential_id, caller, overlapSeconds: body.overlap_seconds, at }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        const chain = await this.agents.chain(rows, holder.workspaceId, path.id)
        requireBelow(caller, chain, 'too')
        requireNotRevoked(found('agent', chain[0]))
        const rotated = await rotateCredential(rows, this.credentials, { ...rotation, pepper: this.pepper })
        const change = issuedChange(rotated.issued, at)
        const changed = [...change.changed, credentialChanged(rotated.old)]
        return { ...change, target, before: toAgentCredential(rotated.was, at), changed }
      }),
    )
  }

  @Delete(':credential_id')
  async revoke(@Call() call: Call, @Path(credentialPathSchema) path: CredentialPath): Promise<AgentCredential> {
    const { caller, at } = call
    const holder = { workspaceId: workspaceOf(caller), agentId: path.id }
    const target = `credential:${path.credential_id}`
    const undertaking = { workspaceId: holder.workspaceId, action: 'credential.revoked', target }
    return call.answer(
      await this.changes.commit<AgentCredential>(call, undertaking, async (rows) => {
        const chain = await this.agents.chain(rows, holder.workspaceId, path.id)
        found('agent', chain[0])
        const row = found('credential', await this.credentials.findForChange(rows, holder, path.credential_id))
        requireBelow(caller, chain, 'too')
        const before = toAgentCredential(row, at)
        if (row.revokedAt !== null) return { answer: before, unchanged: true }
        const revoked = rowWith(row, { revokedAt: at })
        await this.credentials.revoke(rows, row, at)
        const answer = toAgentCredential(revoked, at)
        return { answer, target, before, after: answer, changed: [credentialChanged(revoked)] }
      }),
    )
  }

  /** 404 before the body is looked at: for the agent, then for its credential. */
  async #require(holder: { workspaceId: string; agentId: string }, id: string): Promise<void> {
    await this.changes.read(holder.workspaceId, async (rows) => {
      found('agent', await this.agents.find(rows, holder.workspaceId, holder.agentId))
      found('credential', await this.credentials.find(rows, holder, id))
    })
  }
}

/** What is kept and recorded has no key; only the first answer does. */
function issuedChange({ row, key }: Issued, at: Date): Change<NewAgentCredential> {
  const after = toAgentCredential(row, at)
  return {
    answer: { ...after, key: null },
    secret: { key },
    target: `credential:${row.id}`,
    after,
    changed: [credentialChanged(row)],
  }
}
