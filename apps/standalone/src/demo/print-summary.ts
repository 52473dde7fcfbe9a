import { reportText } from '@portitor/workload'
import type { DemoCustomer } from './demo-customers.ts'
import type { Demo } from './run-demo.ts'

/** What `npm start` prints after the demo: the report as one line of JSON, or as tables. Ends with a line break. */
export function summaryOf({ report, customers }: Demo, { json }: { json: boolean }): string {
  if (json) return `${JSON.stringify(report)}\n`
  const body = reportText(report)
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')
  return `\n  A week of five demo customers\n\n${body}\n\n  Their keys and agents\n\n${customers.map(customerText).join('')}`
}

function customerText({ name, workspaceId, key, isNewKey, agents }: DemoCustomer): string {
  const lines = [
    `${name.padEnd(20)} x-workspace-id ${workspaceId}`,
    `${'  key'.padEnd(20)} ${key}${isNewKey ? '   (shown this once)' : ''}`,
    ...[...agents].map(([agent, id]) => `${`  ${agent}`.padEnd(20)} ${id}`),
  ]
  return lines.map((line) => `  ${line}\n`).join('')
}
