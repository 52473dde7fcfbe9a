import type { Caller } from '@portitor/service'
import { RefusedGrant } from '../changes/refused-grant.ts'

/**
 * When and from where a new credential is good: no longer than the one that makes it, and from nowhere else (I-3), or a key
 * that ends tomorrow would live on in what it made. A person's log-in ends too, but a person is known beyond it.
 */
export function withinOwnLife(
  { principal }: Caller,
  expiresAt: Date | string | null | undefined,
  ipAllowList: readonly string[],
): { expiresAt: Date | null; ipAllowList: string[] } {
  const wanted = expiresAt == null ? null : new Date(expiresAt)
  if (principal.kind !== 'api_key' && principal.kind !== 'agent')
    return { expiresAt: wanted, ipAllowList: [...ipAllowList] }
  const own = principal.expires_at === null ? null : new Date(principal.expires_at)
  const allowed = principal.ip_allow_list
  if (allowed.length > 0 && ipAllowList.some((address) => !allowed.includes(address)))
    throw new RefusedGrant('scope.escalation', `ip_allow_list: only of ${allowed.join(', ')}, which hold for you.`)
  return {
    expiresAt: own !== null && (wanted === null || own < wanted) ? own : wanted,
    ipAllowList: ipAllowList.length > 0 ? [...ipAllowList] : [...allowed],
  }
}
