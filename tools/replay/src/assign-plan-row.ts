/**
 * Which agent a row stands for where a plan prices it, and whether the agent achieved something with it. As with `assignRow` this is
 * ours, and a function of the row's number alone (the README states it): few agents, so that each uses up what is included.
 */
export interface PlanAssignment {
  readonly agentId: string
  readonly outcome: RowOutcome | undefined
}

export interface RowOutcome {
  readonly success: boolean
  /** From 0.5 to 0.9, as decimal text. */
  readonly quality: string
  /** In units of the currency. */
  readonly value: number
}

const agentsCount = 3
/** Of the rows of a workspace. */
const rowsPerOutcome = 10

/** `row` is counted from 0. */
export function assignPlanRow(row: number, workspaces: number): PlanAssignment {
  const own = Math.floor(row / workspaces)
  const agentId = `agent-${(own % agentsCount) + 1}`
  if (own % rowsPerOutcome !== 0) return { agentId, outcome: undefined }
  const number = own / rowsPerOutcome
  return {
    agentId,
    outcome: { success: number % 4 !== 3, quality: `0.${5 + (number % 5)}`, value: 100 + (number % 10) },
  }
}

/** How many of the first `rows` rows have an outcome. */
export function outcomesOf(rows: number, workspaces: number): number {
  const round = rowsPerOutcome * workspaces
  return Math.floor(rows / round) * workspaces + Math.min(rows % round, workspaces)
}
