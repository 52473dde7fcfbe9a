import { reportText, type ReplayReport } from '@portitor/workload'

/** What `npm start` prints after the demo: the report as one line of JSON, or as tables. Ends with a line break. */
export function summaryOf(report: ReplayReport, { json }: { json: boolean }): string {
  if (json) return `${JSON.stringify(report)}\n`
  const body = reportText(report)
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')
  return `\n  A week of five demo customers\n\n${body}\n`
}
