import { type CredentialRefusal, HEARTBEAT_AGE_MS_MAX, type Introspect, type Introspection } from '@portitor/contracts'
import type { IdentityFollower } from './identity-follower.ts'
import { type KnownPrincipal, knownPrincipal, type PrincipalCache } from './principal-cache.ts'

/** How many questions may be open at once; what comes beyond is told that identity is unavailable. */
const questionsMax = 1_000

/** Asks `auth` what a credential is good for. Rejects where there is no answer. */
export type AskAuth = (question: Introspect) => Promise<Introspection>

export type Answer = { readonly known: KnownPrincipal } | { readonly refused: CredentialRefusal }

interface Question {
  readonly answer: Promise<Answer>
  readonly askedMs: number
  readonly changes: number
}

/** The questions to `auth`: the same one is asked once at a time, and a good answer is remembered. */
export class Questions {
  readonly #open = new Map<string, Question>()
  #count = 0

  constructor(
    readonly askAuth: AskAuth,
    readonly cache: PrincipalCache,
    readonly follower: IdentityFollower,
    readonly now: () => number,
  ) {}

  /** Rejects where `auth` does not answer, or too many questions are open. */
  ask(digest: string, question: Introspect): Promise<Answer> {
    const open = this.#open.get(digest)
    // One asked before a change, or too long ago to know, may bring an answer that is no longer true.
    if (
      open !== undefined &&
      open.changes === this.follower.changes &&
      this.now() - open.askedMs <= HEARTBEAT_AGE_MS_MAX
    )
      return open.answer
    if (this.#count >= questionsMax) return Promise.reject(new Error('too many questions to auth are open'))
    this.#count += 1
    const { changes } = this.follower
    const asked: Question = { answer: this.#answer(digest, question, changes), askedMs: this.now(), changes }
    this.#open.set(digest, asked)
    const settled = () => {
      this.#count -= 1
      if (this.#open.get(digest) === asked) this.#open.delete(digest)
    }
    asked.answer.then(settled, settled)
    return asked.answer
  }

  async #answer(digest: string, question: Introspect, changes: number): Promise<Answer> {
    const answer = await this.askAuth(question)
    if ('refused' in answer) return answer
    const known = knownPrincipal(answer.principal)
    // Else a revocation between the question and the answer would be missed: it is used once.
    if (changes === this.follower.changes) this.cache.remember(digest, known)
    return { known }
  }
}
