import type { PatchAgent } from '@portitor/contracts'
import type { AgentRow } from './agent.row.ts'

type Fields = Pick<
  AgentRow,
  | 'ownerUserId'
  | 'ownerLicenseId'
  | 'purpose'
  | 'riskClass'
  | 'allowedModels'
  | 'allowedTools'
  | 'allowedWorkflows'
  | 'scopes'
>
type Given = { readonly [Name in Exclude<keyof PatchAgent, 'name' | 'risk_class'>]?: PatchAgent[Name] | undefined }

/** What callers say of an agent, as its row has it; what they leave out is null. */
export function agentFields(given: Given & { readonly risk_class?: string | null | undefined }): Fields {
  return {
    ownerUserId: given.owner_user_id ?? null,
    ownerLicenseId: given.owner_license_id ?? null,
    purpose: given.purpose ?? null,
    riskClass: given.risk_class ?? null,
    allowedModels: given.allowed_models ?? null,
    allowedTools: given.allowed_tools ?? null,
    allowedWorkflows: given.allowed_workflows ?? null,
    scopes: given.scopes ?? null,
  }
}
