import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { currencySchema, instantSchema, nanosSchema, workspaceIdSchema } from './primitives.ts'

const nextCursor = z.string().nullable()
const attribute = z
  .string()
  .regex(/^[^\0]+$/)
  .max(256)
const workspaceFilter = workspaceIdSchema
  .optional()
  .describe('One workspace as the operator sees it, cost included. Customers are named by x-workspace-id instead.')
const page = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(1_024).optional(),
}

/** An account by its kind: `receivable:2023-11`, `revenue:tokens:2023-11`; unique with the currency within a workspace (L-2). */
export const accountKindSchema = z.string()

export const ledgerTransferSchema = z
  .object({
    id: z.uuid(),
    workspace_id: workspaceIdSchema,
    /** What it is for: `usage.price`, `usage.cost`. */
    code: z.string(),
    /** The charge of a price; null for a cost, which is the sum over its charges. */
    charge: z.string().nullable(),
    debit_account: accountKindSchema,
    credit_account: accountKindSchema,
    /** Always above zero. */
    amount_nanos: nanosSchema,
    currency: currencySchema,
    price_version: z.int(),
    source: z.string(),
    event_id: z.string(),
    effective_at: instantSchema,
    recorded_at: instantSchema,
    agent_id: z.string().nullable(),
    user_id: z.string().nullable(),
    workflow: z.string().nullable(),
    model: z.string().nullable(),
    provider: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'LedgerTransfer' })
export type LedgerTransfer = z.infer<typeof ledgerTransferSchema>

const filters = {
  agent_id: attribute.optional(),
  agent: attribute.optional().describe('The same as agent_id.'),
  user_id: attribute.optional(),
  user: attribute.optional().describe('The same as user_id.'),
  workflow: attribute.optional(),
  model: attribute.optional(),
  provider: attribute.optional(),
  charge: attribute.optional(),
  code: attribute.optional().describe('What a transfer is for: usage.price, usage.cost.'),
  action: attribute.optional().describe('The same as code.'),
  from: instantSchema.optional().describe('Effective at this instant or later.'),
  to: instantSchema.optional().describe('Effective before this instant.'),
  workspace_id: workspaceFilter,
}
export const listLedgerQuerySchema = z.strictObject({ ...page, ...filters })
export type ListLedgerQuery = z.infer<typeof listLedgerQuerySchema>
export const exportLedgerQuerySchema = z.strictObject({
  format: z.enum(['csv', 'ndjson']).default('ndjson'),
  ...filters,
})
export type ExportLedgerQuery = z.infer<typeof exportLedgerQuerySchema>
export type LedgerFilters = Omit<ExportLedgerQuery, 'format'>
export const ledgerPageSchema = z.object({ data: z.array(ledgerTransferSchema), next_cursor: nextCursor })
export type LedgerPage = z.infer<typeof ledgerPageSchema>

export const transferPathSchema = z.strictObject({ id: z.uuid() })
export const eventTransfersQuerySchema = z.strictObject({
  source: z.string().min(1).max(256),
  id: z.string().min(1).max(256),
  /** Transfer ids derive from the event's time, so it has to be named. */
  time: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 48 - 1)
    .describe("The event's time in milliseconds since 1970."),
  workspace_id: workspaceFilter,
})
export type EventTransfersQuery = z.infer<typeof eventTransfersQuerySchema>

export const listAccountsQuerySchema = z.strictObject({ ...page, workspace_id: workspaceFilter })
export type ListAccountsQuery = z.infer<typeof listAccountsQuerySchema>
export const ledgerAccountSchema = z
  .object({ workspace_id: workspaceIdSchema, account: accountKindSchema, currency: currencySchema })
  .meta({ id: 'LedgerAccount' })
export const accountPageSchema = z.object({ data: z.array(ledgerAccountSchema), next_cursor: nextCursor })
export type AccountPage = z.infer<typeof accountPageSchema>

export const listBalancesQuerySchema = z.strictObject({
  ...page,
  at: instantSchema
    .optional()
    .describe('Balances of the transfers effective at this instant or before; now unless said.'),
  workspace_id: workspaceFilter,
})
export type ListBalancesQuery = z.infer<typeof listBalancesQuerySchema>
export const ledgerBalanceSchema = ledgerAccountSchema
  .extend({
    debits_posted_nanos: nanosSchema,
    credits_posted_nanos: nanosSchema,
    /** Debits minus credits: what is owed to the account's owner is above zero, what is earned below. */
    balance_nanos: nanosSchema,
    /** What holds have set aside at present; left out for a point in time. */
    debits_pending_nanos: nanosSchema.optional(),
    credits_pending_nanos: nanosSchema.optional(),
  })
  .meta({ id: 'LedgerBalance' })
export const balancePageSchema = z.object({ data: z.array(ledgerBalanceSchema), next_cursor: nextCursor })
export type BalancePage = z.infer<typeof balancePageSchema>

export const ledgerPositionsSchema = z.object({
  data: z.array(
    z.object({
      partition: z.int().nonnegative(),
      /** Of the last record of usage.rated that is posted; null before the first. */
      sequence: z
        .string()
        .regex(/^\d{1,19}$/)
        .nullable(),
    }),
  ),
})
export type LedgerPositions = z.infer<typeof ledgerPositionsSchema>

const count = z.int().nonnegative()
export const reconciliationDifferenceSchema = z.object({
  /** Stable name of the check that failed. */
  check: z.string(),
  expected: z.string(),
  actual: z.string(),
  /** For people: what was compared and where to look. */
  detail: z.string(),
})
export type ReconciliationDifference = z.infer<typeof reconciliationDifferenceSchema>
const sums = {
  ledger_price_nanos: nanosSchema,
  analytics_price_nanos: nanosSchema,
  ledger_cost_nanos: nanosSchema,
  analytics_cost_nanos: nanosSchema,
}
export const reconciliationSchema = z
  .object({
    /** No differences, and analytics has everything that the ledger has. */
    ok: z.boolean(),
    accepted: count,
    posted: count,
    duplicates: count,
    rejected: count,
    pending: count,
    ...sums,
    /** Absent where everything is in USD. */
    other_currencies: z.array(z.object({ currency: currencySchema, ...sums })).optional(),
    differences: z.array(reconciliationDifferenceSchema),
  })
  .meta({ id: 'Reconciliation' })
export type Reconciliation = z.infer<typeof reconciliationSchema>
export const listReconciliationsQuerySchema = z.strictObject(page)
export type ListReconciliationsQuery = z.infer<typeof listReconciliationsQuerySchema>
export const reconciliationPageSchema = z.object({
  data: z.array(z.object({ run_at: instantSchema, result: reconciliationSchema })),
  next_cursor: nextCursor,
})
export type ReconciliationPage = z.infer<typeof reconciliationPageSchema>

const seen = { service: 'ledger', method: 'GET', workspace: 'optional', scope: 'ledger:read' } as const
const operator = { service: 'ledger', method: 'GET', workspace: 'none', scope: 'operator' } as const
const tenantView =
  'With x-workspace-id: what that customer may see, which is never a cost, a margin or a provider account.'

/** The ledger. Reads only: transfers come from `portitor.usage.rated.v1`. */
export const ledgerEndpoints: readonly Endpoint[] = [
  {
    ...seen,
    path: '/api/v1/ledger',
    summary: 'List transfers, newest first',
    description: `${tenantView} A page may hold fewer transfers than asked for, even none, while next_cursor says that there is more to look through.`,
    query: listLedgerQuerySchema,
    answers: { 200: ledgerPageSchema },
  },
  {
    ...seen,
    path: '/api/v1/ledger/export',
    summary: 'Stream transfers, newest first, as CSV or as JSON lines',
    description: tenantView,
    query: exportLedgerQuerySchema,
    answers: { 200: z.string() },
  },
  {
    ...seen,
    path: '/api/v1/ledger/transfers',
    summary: 'List the transfers of one event and of its corrections, in the order they were recorded',
    description: `${tenantView} An event that owes nothing has none.`,
    query: eventTransfersQuerySchema,
    answers: { 200: ledgerPageSchema },
  },
  {
    ...seen,
    path: '/api/v1/ledger/transfers/{id}',
    summary: 'Read a transfer',
    description: `${tenantView} 404 \`transfer.not_found\` where there is none, or none to be seen.`,
    answers: { 200: ledgerTransferSchema },
  },
  {
    ...seen,
    path: '/api/v1/ledger/accounts',
    summary: 'List accounts',
    description: tenantView,
    query: listAccountsQuerySchema,
    answers: { 200: accountPageSchema },
  },
  {
    ...seen,
    path: '/api/v1/ledger/balances',
    summary: 'List the balances of accounts, now or at a point in time',
    description: tenantView,
    query: listBalancesQuerySchema,
    answers: { 200: balancePageSchema },
  },
  {
    ...operator,
    path: '/api/v1/ledger/positions',
    summary: 'How far each partition of usage.rated is posted',
    answers: { 200: ledgerPositionsSchema },
  },
  {
    ...operator,
    path: '/api/v1/reconciliation',
    summary: 'Prove that accepted events, ledger, rated log and analytics agree',
    description:
      'Compares at one cut through the rated log. An event is pending until it is in ledger and analytics. Amounts are in USD, other currencies apart.',
    answers: { 200: reconciliationSchema },
  },
  {
    ...operator,
    path: '/api/v1/reconciliation/runs',
    summary: 'List what the scheduled reconciliation found, newest first',
    query: listReconciliationsQuerySchema,
    answers: { 200: reconciliationPageSchema },
  },
]
