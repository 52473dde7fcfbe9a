import type { LedgerTransfer } from '@portitor/contracts'

const COLUMNS = [
  'id',
  'workspace_id',
  'code',
  'charge',
  'debit_account',
  'credit_account',
  'amount_nanos',
  'currency',
  'price_version',
  'source',
  'event_id',
  'effective_at',
  'recorded_at',
  'agent_id',
  'user_id',
  'workflow',
  'model',
  'provider',
  'metadata',
] as const satisfies readonly (keyof LedgerTransfer)[]

/** How transfers are written into a file: a head, then one line each. */
interface ExportFormat {
  readonly mediaType: string
  readonly extension: string
  readonly head: string
  line(transfer: LedgerTransfer): string
}

export const exportFormats: Readonly<Record<'csv' | 'ndjson', ExportFormat>> = {
  csv: {
    mediaType: 'text/csv; charset=utf-8',
    extension: 'csv',
    head: `${COLUMNS.join(',')}\r\n`,
    line: (transfer) => `${COLUMNS.map((column) => cell(transfer[column])).join(',')}\r\n`,
  },
  ndjson: {
    mediaType: 'application/x-ndjson',
    extension: 'ndjson',
    head: '',
    line: (transfer) => `${JSON.stringify(transfer)}\n`,
  },
}

/** RFC 4180. Text that a spreadsheet would run as a formula gets an apostrophe in front: customers choose these names. */
function cell(value: LedgerTransfer[keyof LedgerTransfer]): string {
  if (value === null) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
