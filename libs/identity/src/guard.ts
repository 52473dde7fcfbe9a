import type { CredentialRefusal, Endpoint } from '@portitor/contracts'
import { addressNotAllowed } from './address-list.ts'
import { authorizeIntent, readIntent } from './authorize-intent.ts'
import { authorizeScope, undeclared } from './authorize-scope.ts'
import type { Caller } from './caller.ts'
import { type CallHeaders, credentialCharactersMax, judgeForm, readCredential } from './credential.ts'
import { HeldAnswers } from './held-answers.ts'
import type { IdentityFollower } from './identity-follower.ts'
import { hasKeyInUrl } from './key-in-url.ts'
import { OperatorKey, operatorKeyCharactersMin, operatorPrincipal } from './operator-key.ts'
import { type KnownPrincipal, knownPrincipal, PrincipalCache } from './principal-cache.ts'
import { type AskAuth, Questions } from './questions.ts'
import { howToAuthenticate, identityUnavailable, type Refusal, unauthenticated } from './refusal.ts'
import type { RefusedScope } from './refused-scopes.ts'
import { resolveWorkspace } from './resolve-workspace.ts'

/** What a call is routed to: a declared endpoint, a route without a guard, one that is declared nowhere, or nothing at all. */
export type Target = Endpoint | 'open' | 'undeclared' | 'nothing'

export interface Call {
  readonly url: string
  readonly headers: CallHeaders
  readonly address: string
  readonly requestId: string
  readonly target: Target
}

/** `caller` is undefined where there is nothing to be done as somebody: open routes, and addresses where nothing is. */
export type Admission = { readonly caller: Caller | undefined } | { readonly refused: Refusal }

export interface GuardOptions {
  readonly operatorKey: string
  readonly follower: IdentityFollower
  readonly askAuth: AskAuth
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Told of each call whose credential was good and lacked the scope (C-1). It must not throw. */
  readonly scopeRefused: (refused: RefusedScope) => void
}

const operator = knownPrincipal(operatorPrincipal)
const nobody: Admission = { caller: undefined }

/**
 * Who calls, and whether they may (I-2 to I-5): credential, address, workspace, scope, intent, in this order. It needs the
 * headers and not a byte of the body.
 */
export class Guard {
  readonly #operatorKey: OperatorKey
  readonly #follower: IdentityFollower
  readonly #cache: PrincipalCache
  readonly #questions: Questions
  readonly #held = new HeldAnswers()
  readonly #scopeRefused: GuardOptions['scopeRefused']

  constructor({ operatorKey, follower, askAuth, now, scopeRefused }: GuardOptions) {
    this.#scopeRefused = scopeRefused
    this.#operatorKey = new OperatorKey(operatorKey)
    this.#follower = follower
    this.#cache = new PrincipalCache(now)
    this.#questions = new Questions(askAuth, this.#cache, follower, now)
    follower.onChange((key) => this.#cache.forget(key))
  }

  /** At once where the credential is remembered, the operator's or no good: a promise only where `auth` is asked. */
  admit(call: Call): Admission | Promise<Admission> {
    if (hasKeyInUrl(call.url, this.#isOperatorKey)) return { refused: keyInUrl }
    if (call.target === 'open') return nobody
    const credential = readCredential(call.headers)
    if (typeof credential !== 'string') return { refused: credential }
    const digest = this.#operatorKey.digestOf(credential)
    if (this.#operatorKey.matches(digest)) return this.#admitted(call, operator)
    const malformed = judgeForm(credential)
    if (malformed !== undefined) return { refused: malformed }
    const name = digest.toString('base64')
    const known = this.#follower.isFresh ? this.#cache.get(name) : undefined
    return known === undefined ? this.#ask(call, name, credential) : this.#admitted(call, known)
  }

  async #ask(call: Call, name: string, credential: string): Promise<Admission> {
    const question = { credential, address: call.address }
    const answer = await this.#questions.ask(name, question).catch(() => undefined)
    if (answer === undefined) return { refused: identityUnavailable }
    if ('known' in answer) return this.#admitted(call, answer.known)
    const inTime = await this.#held.hold(answer.refused.delay_ms)
    return { refused: inTime ? asRefusal(answer.refused) : tooManyGuesses }
  }

  /** What a principal may do with this call. */
  #admitted(call: Call, { principal, allows }: KnownPrincipal): Admission {
    const { headers, address, requestId, target } = call
    if (!allows(address)) return { refused: addressNotAllowed }
    if (target === 'nothing' || target === 'open') return nobody
    if (target === 'undeclared') return { refused: undeclared }
    // Before the workspace: who may never call it need not be told to name one.
    if (target.scope === 'operator' && !principal.operator) return { refused: authorizeScope(target.scope, [], false)! }
    const place = resolveWorkspace(principal, headers['x-workspace-id'], target.workspace)
    if ('refused' in place) return place
    const { workspaceId, scopes } = place
    const lacking = authorizeScope(target.scope, scopes, principal.operator)
    if (lacking !== undefined) {
      if (target.scope !== undefined)
        this.#scopeRefused({ principal, workspaceId, scope: target.scope, address, requestId })
      return { refused: lacking }
    }
    const intent = readIntent(headers)
    if ('refused' in intent) return intent
    const unfit = authorizeIntent(intent, scopes, principal.agent)
    if (unfit !== undefined) return { refused: unfit }
    return { caller: { principal, workspaceId, scopes, intent, address, requestId } }
  }

  readonly #isOperatorKey = (text: string): boolean =>
    text.length >= operatorKeyCharactersMin &&
    text.length <= credentialCharactersMax &&
    this.#operatorKey.matches(this.#operatorKey.digestOf(text))
}

const keyInUrl = unauthenticated(
  'credential.in_url',
  `A key in a URL ends up in logs and histories: this one was refused, and should be replaced if it was real. ${howToAuthenticate}`,
)

const tooManyGuesses: Refusal = {
  status: 429,
  code: 'credential.too_many_guesses',
  detail: 'Too many wrong credentials are being sent; try again later.',
  headers: { 'retry-after': '10' },
}

function asRefusal({ status, code, detail }: CredentialRefusal): Refusal {
  if (status === 401) return unauthenticated(code, detail)
  return { status, code, detail, ...(status === 429 ? { headers: { 'retry-after': '10' } } : {}) }
}
