import { ProblemException } from '@portitor/service'

const refusals = {
  organization: [404, 'organization.not_found'],
  workspace: [404, 'workspace.not_found'],
  team: [404, 'team.not_found'],
  role: [404, 'role.not_found'],
  member: [404, 'member.not_found'],
  operator: [404, 'operator.not_found'],
  'API key': [404, 'api_key.not_found'],
  agent: [404, 'agent.not_found'],
  credential: [404, 'credential.not_found'],
  budget: [404, 'budget.not_found'],
} as const

/** What was looked for; 404 where it is not there, or not in the tenant: the two look alike (I-4). `name` says which, if the caller named it in a body. */
export function found<Row>(what: keyof typeof refusals, row: Row | null | undefined, name?: string): Row {
  if (row != null) return row
  const [status, code] = refusals[what]
  throw new ProblemException(status, code, `There is no ${what} ${name === undefined ? 'of this id' : name}.`)
}
