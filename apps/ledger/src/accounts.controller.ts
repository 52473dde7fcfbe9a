import { Controller, Get, Inject } from '@nestjs/common'
import {
  type AccountPage,
  type BalancePage,
  type ListAccountsQuery,
  listAccountsQuerySchema,
  type ListBalancesQuery,
  listBalancesQuerySchema,
} from '@portitor/contracts'
import { Database, type Queryable } from '@portitor/postgres'
import { OptionalWorkspaceId, Query } from '@portitor/service'
import { type AccountsQuery, listAccounts, listBalances, listBalancesAt } from './accounts.store.ts'
import { fromCursor, toCursor } from './page-cursor.ts'
import { readAs, scopeOf } from './read-as.ts'

/** Accounts and their balances, now or at a point in time (L-2, L-8). */
@Controller('/api/v1/ledger')
export class AccountsController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Get('accounts')
  async accounts(
    @OptionalWorkspaceId() tenant: string | undefined,
    @Query(listAccountsQuerySchema) query: ListAccountsQuery,
  ): Promise<AccountPage> {
    return this.page(tenant, query, listAccounts)
  }

  @Get('balances')
  async balances(
    @OptionalWorkspaceId() tenant: string | undefined,
    @Query(listBalancesQuerySchema) { at, ...query }: ListBalancesQuery,
  ): Promise<BalancePage> {
    if (at === undefined) return this.page(tenant, query, listBalances)
    return this.page(tenant, query, (tx, page) => listBalancesAt(tx, page, Date.parse(at)))
  }

  private async page<Entry extends AccountPage['data'][number]>(
    tenant: string | undefined,
    { workspace_id, cursor, limit }: ListAccountsQuery,
    list: (tx: Queryable, page: AccountsQuery) => Promise<Entry[]>,
  ) {
    const { workspaceId } = scopeOf(tenant, workspace_id)
    const after = cursor === undefined ? undefined : fromCursor('account', cursor)
    // One more than asked for tells whether there is a next page.
    const found = await readAs(this.database, tenant, (tx) => list(tx, { workspaceId, after, limit: limit + 1 }))
    const data = found.slice(0, limit)
    const last = data.at(-1)
    const more = found.length > limit && last !== undefined
    return { data, next_cursor: more ? toCursor('account', last.workspace_id, last.currency, last.account) : null }
  }
}
