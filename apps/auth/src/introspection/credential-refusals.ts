import type { CredentialRefusal } from '@portitor/contracts'

const signIn = 'Authenticate with an API key, an agent credential or a token.'

/**
 * What a caller is told. Expired, revoked and suspended are said to those only who know the whole secret; everybody else
 * reads the same, however near the guess was.
 */
const refusals = {
  malformed: [401, 'credential.malformed', `The credential does not look like one. ${signIn}`],
  oversized: [401, 'credential.oversized', `The credential is longer than any. ${signIn}`],
  mistyped: [401, 'credential.mistyped', 'The key has a typo: its checksum does not fit. Copy it again.'],
  unknown: [401, 'credential.unknown', `The credential is not known here. ${signIn}`],
  token_invalid: [401, 'credential.token_invalid', 'The token is not valid here: get a new one.'],
  expired: [401, 'credential.expired', 'The credential has expired: get a new one.'],
  revoked: [401, 'credential.revoked', 'The credential was revoked: get a new one.'],
  suspended: [403, 'agent.suspended', 'The agent, or one that it belongs to, is suspended.'],
} as const satisfies Record<string, readonly [401 | 403, string, string]>
export type RefusalReason = keyof typeof refusals

export function toCredentialRefusal(reason: RefusalReason, delayMs: number): CredentialRefusal {
  const [status, code, detail] = refusals[reason]
  return { status, code, detail, delay_ms: delayMs }
}
