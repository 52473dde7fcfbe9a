import { randomInt } from 'node:crypto'
import { Controller, Delete, Get, Inject, Post } from '@nestjs/common'
import {
  type ApiKey,
  createApiKeySchema,
  type IdPath,
  idPathSchema,
  type NewApiKey,
  type PageQuery,
  pageQuerySchema,
  rotateSchema,
} from '@portitor/contracts'
import { Caller, Path, ProblemException, Query } from '@portitor/service'
import type { EntityManager } from 'typeorm'
import { v7 as uuidv7 } from 'uuid'
import { outsideTenant, workspaceOf } from '../changes/act-as.ts'
import { Call } from '../changes/call.decorator.ts'
import { type Change, ChangesStore } from '../changes/changes.store.ts'
import { toApiKey } from './credential.row.ts'
import { CredentialsStore } from './credentials.store.ts'
import { afterId, type Page, toPage } from '../changes/cursor.ts'
import { found } from '../changes/found.ts'
import { credentialChanged } from '../changes/identity-changed.ts'
import { creatorOf, expiringAfter, type Issued, issueCredential } from './issue-credential.ts'
import { withinOwnLife } from './within-own-life.ts'
import { KEY_PEPPER } from './key-hash.ts'
import { requireOwnMode, requireOwnScopes } from '../changes/refused-grant.ts'
import { rotateCredential } from './rotate-credential.ts'
import { rowWith } from '../changes/row-with.ts'
import { ensureTestWorkspace } from '../workspaces/test-workspace.ts'
import { toWorkspace } from '../workspaces/workspace.row.ts'
import { WorkspacesStore } from '../workspaces/workspaces.store.ts'

/** API keys of a workspace (I-3): their secret is shown once, and they hold no more than who made them. */
@Controller('api/v1/api_keys')
export class ApiKeysController {
  constructor(
    @Inject(CredentialsStore) readonly credentials: CredentialsStore,
    @Inject(WorkspacesStore) readonly workspaces: WorkspacesStore,
    @Inject(ChangesStore) readonly changes: ChangesStore,
    @Inject(KEY_PEPPER) readonly pepper: string,
  ) {}

  @Get()
  async list(@Caller() caller: Caller, @Query(pageQuerySchema) { cursor, limit }: PageQuery): Promise<Page<ApiKey>> {
    const keys = keysOf(caller)
    const after = afterId(cursor)
    const at = new Date()
    const rows = await this.changes.read(keys.workspaceId, (tx) => this.credentials.page(tx, keys, after, limit + 1))
    return toPage(
      rows,
      limit,
      ({ id }) => id,
      (row) => toApiKey(row, at),
    )
  }

  @Get(':id')
  async read(@Caller() caller: Caller, @Path(idPathSchema) { id }: IdPath): Promise<ApiKey> {
    const keys = keysOf(caller)
    const row = await this.changes.read(keys.workspaceId, (rows) => this.credentials.find(rows, keys, id))
    return toApiKey(found('API key', row), new Date())
  }

  @Post()
  async create(@Call() call: Call): Promise<NewApiKey> {
    const { caller, at } = call
    const keys = keysOf(caller)
    const body = call.body(expiringAfter(createApiKeySchema, at))
    const undertaking = { workspaceId: keys.workspaceId, action: 'api_key.created', creates: body }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        requireOwnScopes(caller, body.scopes)
        requireOwnMode(caller, body.mode, false)
        if (body.mode === 'live') await this.#requireLive(rows, keys.workspaceId)
        const wanted = {
          ...keys,
          id: uuidv7(),
          kind: body.mode,
          name: body.name,
          scopes: body.scopes,
          ...withinOwnLife(caller, body.expires_at, body.ip_allow_list),
          createdBy: creatorOf(caller),
        }
        const issued = issueCredential(wanted, at, { pepper: this.pepper, randomInt })
        await this.credentials.insert(rows, issued.row)
        const change = issuedChange(issued, at)
        if (body.mode === 'live') return change
        const place = { workspaceId: keys.workspaceId, at }
        const made = await outsideTenant(rows, () => ensureTestWorkspace(rows, this.workspaces, place))
        if (made === undefined) return change
        return { ...change, changed: [{ kind: 'workspace', workspace: toWorkspace(made) }, ...change.changed] }
      }),
    )
  }

  @Post(':id/rotate')
  async rotate(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<NewApiKey> {
    const { caller, at } = call
    const keys = keysOf(caller)
    found('API key', await this.changes.read(keys.workspaceId, (rows) => this.credentials.find(rows, keys, id)))
    const body = call.body(rotateSchema)
    const target = `api_key:${id}`
    const undertaking = { workspaceId: keys.workspaceId, action: 'api_key.rotated', target, creates: body }
    const rotation = { holder: keys, id, caller, overlapSeconds: body.overlap_seconds, pepper: this.pepper, at }
    return call.answer(
      await this.changes.commit(call, undertaking, async (rows) => {
        const { was, old, issued } = await rotateCredential(rows, this.credentials, rotation)
        const change = issuedChange(issued, at)
        return { ...change, target, before: toApiKey(was, at), changed: [...change.changed, credentialChanged(old)] }
      }),
    )
  }

  @Delete(':id')
  async revoke(@Call() call: Call, @Path(idPathSchema) { id }: IdPath): Promise<ApiKey> {
    const keys = keysOf(call.caller)
    const undertaking = { workspaceId: keys.workspaceId, action: 'api_key.revoked' }
    return call.answer(
      await this.changes.commit<ApiKey>(call, undertaking, async (rows) => {
        const row = found('API key', await this.credentials.findForChange(rows, keys, id))
        if (row.revokedAt !== null) return { answer: toApiKey(row, call.at), unchanged: true }
        const revoked = rowWith(row, { revokedAt: call.at })
        await this.credentials.revoke(rows, row, call.at)
        const answer = toApiKey(revoked, call.at)
        const before = toApiKey(row, call.at)
        return { answer, target: `api_key:${id}`, before, after: answer, changed: [credentialChanged(revoked)] }
      }),
    )
  }

  /** Whoever may be in a test workspace, only test keys act there. */
  async #requireLive(rows: EntityManager, workspaceId: string): Promise<void> {
    if ((await this.workspaces.find(rows, workspaceId))?.testOf != null)
      throw new ProblemException(409, 'workspace.test', 'This is a test workspace: only test keys act in it.')
  }
}

const keysOf = (caller: Caller) => ({ workspaceId: workspaceOf(caller), agentId: null })

/** What is kept and recorded has no key; only the first answer does. */
function issuedChange({ row, key }: Issued, at: Date): Change<NewApiKey> {
  const after = toApiKey(row, at)
  return {
    answer: { ...after, key: null },
    secret: { key },
    target: `api_key:${row.id}`,
    after,
    changed: [credentialChanged(row)],
  }
}
