import type { VersionActor } from '@portitor/contracts'
import type { Caller } from '@portitor/service'

/** Who calls, as a version remembers it. Whoever holds the operator key is one and the same principal. */
export function actorOf({ principal }: Caller): VersionActor {
  return { kind: principal.kind, id: principal.id }
}

export function isSameActor(left: VersionActor | null, right: VersionActor | null): boolean {
  return left !== null && right !== null && left.kind === right.kind && left.id === right.id
}
