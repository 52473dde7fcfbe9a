/**
 * Whether the scopes somebody holds allow `wanted` (I-1). A scope allows itself; one that ends in `*` allows everything
 * under it, so `invoke:*` allows `invoke:model:gpt-4o` and `invoke:model:*`. Reading is not implied by writing.
 */
export function covers(held: readonly string[], wanted: string): boolean {
  return held.some((scope) => scope === wanted || (scope.endsWith(':*') && wanted.startsWith(scope.slice(0, -1))))
}

/** Whether `held` allows all that `granted` would: nobody hands on more than they have. */
export function coversAll(held: readonly string[], granted: readonly string[]): boolean {
  return granted.every((scope) => covers(held, scope))
}
