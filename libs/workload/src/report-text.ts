import { formatAmount, formatNanos, groupThousands, parseNanos } from '@portitor/money'
import type { ReplayReport } from './replay-report.ts'

/** Rows of one table; the rest is summed up in one line. */
const rowsMax = 16

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
    usageTable('model', report.by_model, currency),
    usageTable('workspace', report.by_workspace, currency),
    ...billTable(report.by_workspace, currency),
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

function usageTable(title: 'model' | 'workspace', rows: readonly Row[], currency: string): string {
  const head = [title, 'events', 'input tokens', 'output tokens', 'price', 'cost', 'margin']
  const cells = rows.map((row) => [
    'model' in row ? row.model : row.workspace,
    ...[row.events, row.input_tokens, row.output_tokens].map(integer),
    ...[row.price_nanos, row.cost_nanos, row.margin_nanos].map((nanos) => cents(nanos, currency)),
  ])
  return table(head, cells, 1)
}

/** What the periods come to with their fees, where anybody is subscribed. */
function billTable(rows: ReplayReport['by_workspace'], currency: string): string[] {
  if (rows.every(({ bill }) => bill === null)) return []
  const head = ['bill of', 'plan', 'usage', 'fees', 'minimums', 'adjustments', 'total', 'cost', 'margin']
  const cells = rows.map(({ workspace, plans, price_nanos, cost_nanos, bill }) => {
    const { usage_nanos, fees_nanos, true_up_nanos, adjustments_nanos, total_nanos } = bill ?? {
      usage_nanos: price_nanos,
      fees_nanos: '0',
      true_up_nanos: '0',
      adjustments_nanos: '0',
      total_nanos: price_nanos,
    }
    const margin = formatNanos(parseNanos(total_nanos) - parseNanos(cost_nanos))
    const columns = [usage_nanos, fees_nanos, true_up_nanos, adjustments_nanos, total_nanos, cost_nanos, margin]
    const amounts = columns.map((nanos) => cents(nanos, currency))
    return [workspace, plans.length === 0 ? 'price book' : plans.join(', '), ...amounts]
  })
  return [table(head, cells, 2)]
}

/** The first `texts` columns begin at the left, the numbers after them end at the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], texts: number): string {
  const cells = rows.slice(0, rowsMax)
  const widths = head.map((_, column) => Math.max(...[head, ...cells].map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => (column < texts ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join('  ')
  const rule = widths.map((width) => '─'.repeat(width)).join('──')
  const more = rows.length > rowsMax ? [`… and ${rows.length - rowsMax} more`] : []
  return [line(head), rule, ...cells.map(line), ...more].join('\n')
}

function cents(nanos: string, currency: string): string {
  return formatAmount(parseNanos(nanos), currency, 2)
}

function integer(count: number): string {
  return groupThousands(String(count))
}
