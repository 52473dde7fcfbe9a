import type { z } from 'zod'
import { auditRecordedSchema } from './audit-recorded.ts'
import { catalogChangedSchema } from './catalog-changed.ts'
import { identityChangedSchema } from './identity-changed.ts'
import { ledgerPostedSchema } from './ledger-posted.ts'
import { periodClosedSchema } from './period-closed.ts'
import { subscriptionChangedSchema } from './subscription-changed.ts'
import {
  auditRecordedTopic,
  catalogChangedTopic,
  identityChangedTopic,
  ledgerPostedTopic,
  periodClosedTopic,
  subscriptionChangedTopic,
  type Topic,
  usageRatedTopic,
  usageRecordedTopic,
  usageRejectedTopic,
} from './topics.ts'
import { usageRatedSchema } from './usage-rated.ts'
import { usageRecordedSchema } from './usage-recorded.ts'
import { usageRejectedSchema } from './usage-rejected.ts'

/** A topic as its documents tell it: who writes and reads it, and what a record looks like. */
export interface Channel {
  readonly topic: Topic
  readonly summary: string
  /** How records are made and what a reader has to expect. */
  readonly description: string
  readonly key: string
  readonly producers: readonly string[]
  readonly consumers: readonly string[]
  /** Name of the schema, and the schema of one record; of `usage.recorded` that of one event. */
  readonly schemaName: string
  readonly schema: z.ZodType
  readonly contentTypes: readonly string[]
  /** Headers beside `portitor-producer` and `portitor-sequence`. */
  readonly headers: Readonly<Record<string, string>>
}

const packed =
  'None: records of Portitor’s own are packed for one partition, that of their workspaces, and may hold several workspaces.'

export const channels: readonly Channel[] = [
  {
    topic: usageRecordedTopic,
    summary: 'Usage events as they were sent: CloudEvents 1.0.',
    description:
      'A record holds one event (structured, or binary with `ce_*` headers) or a JSON list of up to 1,000 events, and is at most 1 MiB. The schema is that of one event. `subject` is the workspace that pays. `ingestion` has judged what it writes; what other producers write is judged by `rating`, and what it refuses becomes a dead letter. Customers may write here: each event is unique by workspace, `source` and `id`, so a repeat has no effect.',
    key: 'The workspace id for single events. Records of `ingestion` have none: they are packed for the partition of their workspaces. Other producers may use any key.',
    producers: ['ingestion', 'rating (replay of a rejected event)', 'customers’ own producers'],
    consumers: ['rating'],
    schemaName: 'UsageRecorded',
    schema: usageRecordedSchema,
    contentTypes: ['application/cloudevents-batch+json', 'application/cloudevents+json', 'application/json'],
    headers: {
      'content-type': 'One of the media types above. Without it the JSON decides whether it is one event or a list.',
      'ce_*': 'Binary form only: the CloudEvents attributes; the value is then the event’s data.',
    },
  },
  {
    topic: usageRatedTopic,
    summary: 'Usage events with price and cost attached.',
    description:
      'One record per batch of the rater and target partition, at most 1,000 events. Amounts are the differences that the event owes (R-2), so they may be zero or negative. Carries costs: it is the operator’s, never a customer’s.',
    key: packed,
    producers: ['rating'],
    consumers: ['ledger', 'analytics'],
    schemaName: 'UsageRated',
    schema: usageRatedSchema,
    contentTypes: ['application/json'],
    headers: {},
  },
  {
    topic: usageRejectedTopic,
    summary: 'Dead letters: one event that was refused, with the reason and everything needed to send it again.',
    description:
      'One record per event. `rating` stores them for `GET /api/v1/metering/rejected`. The codes are in docs/errors.md.',
    key: 'The workspace id; none where the event names no workspace that can be read.',
    producers: ['rating', 'ledger', 'analytics'],
    consumers: ['rating'],
    schemaName: 'UsageRejected',
    schema: usageRejectedSchema,
    contentTypes: ['application/json'],
    headers: { 'rejected-by': 'The service that refused it.', code: 'The reason’s code.' },
  },
  {
    topic: ledgerPostedTopic,
    summary: 'Events whose transfers are in the ledger.',
    description: 'Written in the commit that posted them, one record per batch of the ledger and target partition.',
    key: packed,
    producers: ['ledger'],
    consumers: [],
    schemaName: 'LedgerPosted',
    schema: ledgerPostedSchema,
    contentTypes: ['application/json'],
    headers: {},
  },
  {
    topic: catalogChangedTopic,
    summary: 'A meter as it is defined, or the newest published version of a book.',
    description:
      'Written in the commit that made the change. A reader of the whole topic knows all meters and which version of each book was published last.',
    key: '`meter:<name>`, `book:price` or `book:cost`.',
    producers: ['rating'],
    consumers: [
      'ingestion (meters, every replica reads all partitions)',
      'analytics (how meters aggregate, every replica reads all partitions)',
    ],
    schemaName: 'CatalogChanged',
    schema: catalogChangedSchema,
    contentTypes: ['application/json'],
    headers: { 'content-type': '`application/json`' },
  },
  {
    topic: identityChangedTopic,
    summary: 'A workspace, credential, agent, user or role that has changed, and a heartbeat.',
    description:
      'Written in the commit that made the change. Guards drop what they remember of whatever a record is about, so a revocation holds everywhere within a second; a guard that has seen no heartbeat for a second asks `auth` for every call (I-3). Ids and states only: no secret, nothing about a person.',
    key: 'What it is about: the workspace id, `credential:<id>`, `agent:<id>`, `user:<id>`, `role:<id>` or `heartbeat`. All records lie in partition 0, so that there is one order.',
    producers: ['auth'],
    consumers: ['the guard of every service (every process reads everything)', 'ingestion (workspaces, agents)'],
    schemaName: 'IdentityChanged',
    schema: identityChangedSchema,
    contentTypes: ['application/json'],
    headers: {},
  },
  {
    topic: subscriptionChangedTopic,
    summary: 'A subscription as it stands, with its whole timeline.',
    description:
      'Written in the commit that made the change. A reader of the whole topic knows every subscription; the higher `revision` holds.',
    key: 'The subscription id.',
    producers: ['invoicing'],
    consumers: ['rating'],
    schemaName: 'SubscriptionChanged',
    schema: subscriptionChangedSchema,
    contentTypes: ['application/json'],
    headers: {},
  },
  {
    topic: periodClosedTopic,
    summary: 'A billing period of a workspace that takes no more usage.',
    description:
      'Written in the commit that closed it. What is rated in the period from then on is an adjustment: `usage.rated` names the period it is billed in.',
    key: 'The workspace id.',
    producers: ['rating'],
    consumers: [],
    schemaName: 'PeriodClosed',
    schema: periodClosedSchema,
    contentTypes: ['application/json'],
    headers: {},
  },
  {
    topic: auditRecordedTopic,
    summary: 'An administrative or security action, for the audit log.',
    description: 'Written in the commit that did it; `auth` adds it to the hash chain of its workspace (C-1).',
    key: 'The workspace id; none for what concerns the whole system.',
    producers: ['rating', 'ingestion', 'ledger', 'analytics', 'invoicing'],
    consumers: ['auth'],
    schemaName: 'AuditRecorded',
    schema: auditRecordedSchema,
    contentTypes: ['application/json'],
    headers: {},
  },
]

/** Every record that Portitor writes carries these, on both buses. */
export const producerHeaders: Readonly<Record<string, string>> = {
  'portitor-producer': 'The service that wrote the record. Records of other producers have none.',
  'portitor-sequence':
    'Its number there, per topic and partition, without gaps: a consumer drops a repeat and stops at a gap.',
}
