import { formatAmount, groupThousands, parseNanos } from '@portitor/money'
import type { ReplayReport } from './replay-report.ts'

/** Rows of one table; the rest is summed up in one line. */
const rowsMax = 12

type Row = ReplayReport['by_model'][number] | ReplayReport['by_workspace'][number]

/** A report for people: totals per model and per workspace, then whether it reconciles. Amounts are shown rounded to cents. */
export function reportText(report: ReplayReport): string {
  const { currency, events, duplicates, rejected, seconds, events_per_second } = report
  const sentence = [
    `${integer(events)} events in ${seconds} s (${integer(events_per_second)} a second)`,
    ...(duplicates === 0 ? [] : [`${integer(duplicates)} of them were there already and count once`]),
    ...(rejected === 0 ? [] : [`${integer(rejected)} were rejected`]),
  ].join('; ')
  return [
    sentence,
    table('model', report.by_model, currency),
    table('workspace', report.by_workspace, currency),
    reconciliation(report),
    ...report.differences.map((line) => `  ${line}`),
    ...report.rejections.map((line) => `  rejected: ${line}`),
  ].join('\n\n')
}

function reconciliation({ reconciled, currency, ...report }: ReplayReport): string {
  const exact = (nanos: string) => formatAmount(parseNanos(nanos), currency, 9)
  const both = (price: string, cost: string) => `price ${exact(price)}, cost ${exact(cost)}`
  return [
    reconciled ? 'Reconciled to the nano:' : 'NOT RECONCILED:',
    `  computed   ${both(report.price_nanos, report.cost_nanos)}`,
    `  ledger     ${both(report.ledger_price_nanos, report.ledger_cost_nanos)}`,
    `  analytics  ${both(report.analytics_price_nanos, report.analytics_cost_nanos)}`,
  ].join('\n')
}

function table(title: 'model' | 'workspace', rows: readonly Row[], currency: string): string {
  const head = [title, 'events', 'input tokens', 'output tokens', 'price', 'cost', 'margin']
  const amount = (nanos: string) => formatAmount(parseNanos(nanos), currency, 2)
  const cells = rows
    .slice(0, rowsMax)
    .map((row) => [
      'model' in row ? row.model : row.workspace,
      ...[row.events, row.input_tokens, row.output_tokens].map(integer),
      ...[row.price_nanos, row.cost_nanos, row.margin_nanos].map(amount),
    ])
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join('  ')
  const rule = widths.map((width) => '─'.repeat(width)).join('──')
  const more = rows.length > rowsMax ? [`… and ${rows.length - rowsMax} more`] : []
  return [line(head), rule, ...cells.map(line), ...more].join('\n')
}

function integer(count: number): string {
  return groupThousands(String(count))
}
