/** A topic of the log. Names are prefixed, keyed by workspace and versioned by suffix; the schema of its records is in the file of the same name. */
export interface Topic {
  readonly name: string
  /** Compacted: only the last record of each key is kept, so a reader of the whole topic sees the present state. */
  readonly compacted: boolean
}

export const usageRecordedTopic: Topic = { name: 'portitor.usage.recorded.v1', compacted: false }
export const usageRatedTopic: Topic = { name: 'portitor.usage.rated.v1', compacted: false }
export const usageRejectedTopic: Topic = { name: 'portitor.usage.rejected.v1', compacted: false }
export const ledgerPostedTopic: Topic = { name: 'portitor.ledger.posted.v1', compacted: false }
export const catalogChangedTopic: Topic = { name: 'portitor.catalog.changed.v1', compacted: true }
export const identityChangedTopic: Topic = { name: 'portitor.identity.changed.v1', compacted: true }
export const subscriptionChangedTopic: Topic = { name: 'portitor.subscription.changed.v1', compacted: true }
export const periodClosedTopic: Topic = { name: 'portitor.period.closed.v1', compacted: false }
export const auditRecordedTopic: Topic = { name: 'portitor.audit.recorded.v1', compacted: false }

export const topics: readonly Topic[] = [
  usageRecordedTopic,
  usageRatedTopic,
  usageRejectedTopic,
  ledgerPostedTopic,
  catalogChangedTopic,
  identityChangedTopic,
  subscriptionChangedTopic,
  periodClosedTopic,
  auditRecordedTopic,
]
