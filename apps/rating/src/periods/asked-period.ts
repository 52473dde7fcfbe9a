import type { Subscription } from '@portitor/contracts'
import type { Period } from '@portitor/subscriptions'
import type { WorkspaceSubscriptions } from '../subscriptions/workspace-subscriptions.ts'

export interface AskedPeriod {
  readonly period: Period
  /** Undefined: time without one. */
  readonly subscription: Subscription | undefined
}

/**
 * The billing period that somebody asks about: by its name, by an instant inside of it, or that of now. A short name has to be
 * that of a period: `2026-11` is no way to say the first of November.
 */
export function askedPeriod(
  text: string | undefined,
  workspaceId: string,
  { subscriptions, nowMs }: { readonly subscriptions: WorkspaceSubscriptions; readonly nowMs: number },
): AskedPeriod | { readonly refused: string } {
  const atMs = text === undefined ? nowMs : Date.parse(text)
  const period = subscriptions.periodAt(workspaceId, atMs)
  if (text !== undefined && !text.includes('T') && text !== period.label)
    return { refused: `The workspace has no period ${text}: that instant is in its period ${period.label}.` }
  return { period, subscription: subscriptions.at(workspaceId, atMs) }
}
