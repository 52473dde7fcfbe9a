import type { Principal } from '@portitor/contracts'

/** What a call says it serves (I-5), already authorized. */
export interface Intent {
  readonly workflow: string | undefined
  readonly costCenter: string | undefined
  readonly intent: string | undefined
}

/** A call whose credential was found good, in the one workspace it acts in. */
export interface Caller {
  readonly principal: Principal
  /**
   * Undefined: an operator, over the whole system (I-4). On an endpoint that is about no workspace also somebody who belongs
   * to several and named none: there `principal.memberships` says where they may look.
   */
  readonly workspaceId: string | undefined
  /** What it may do there. */
  readonly scopes: readonly string[]
  readonly intent: Intent
  /** Where the call came from. */
  readonly address: string
  readonly requestId: string
}
