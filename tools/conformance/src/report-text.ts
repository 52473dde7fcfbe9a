import type { CaseReport, ConformanceReport, Outcome } from './run-vectors.ts'

const outcomes: readonly Outcome[] = ['passed', 'failed', 'excepted', 'unsupported']

/** A line for each category, then every case that did not pass and is not merely unsupported. */
export function reportText({ cases, ...counts }: ConformanceReport): string {
  const categories = [...new Set(cases.map((one) => one.category))].sort()
  const rows = categories.map((category) => {
    const own = cases.filter((one) => one.category === category)
    const said = outcomes.flatMap((outcome) => {
      const count = own.filter((one) => one.outcome === outcome).length
      return count === 0 ? [] : [`${count} ${outcome}`]
    })
    return `${category.padEnd(36)} ${said.join(', ')}`
  })
  const told = cases.filter(({ outcome }) => outcome === 'failed' || outcome === 'excepted').map(caseText)
  const total = outcomes.map((outcome) => `${counts[outcome]} ${outcome}`).join(', ')
  return `${[...rows, ...(told.length === 0 ? [] : ['', ...told]), '', total].join('\n')}\n`
}

function caseText({ id, outcome, expected, actual, reason }: CaseReport): string {
  const shown = actual === undefined ? '' : `; expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`
  return `${outcome} ${id}${reason === undefined ? '' : `: ${reason}`}${shown}`
}
