import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { idempotent, isStorable, nameSchema, pageOf, pageParameters, pageQuerySchema, storable } from './page.ts'
import { currencySchema, instantSchema, nanosSchema } from './primitives.ts'
import { scopesSchema } from './scopes.ts'

const text = z.string().min(1).max(256).refine(isStorable, storable)
const names = z.array(text).max(256).nullable()

const agentFields = {
  name: nameSchema,
  owner_user_id: z.uuid().nullable().optional(),
  owner_license_id: text.nullable().optional().describe('Kept as given until licences exist.'),
  purpose: z.string().max(2_000).refine(isStorable, storable).nullable().optional(),
  risk_class: z
    .enum(['minimal', 'limited', 'high', 'prohibited'])
    .nullable()
    .optional()
    .describe('As Regulation (EU) 2024/1689 classes it.'),
  allowed_models: names.optional().describe('null or absent: no limit of its own.'),
  allowed_tools: names.optional(),
  allowed_workflows: names.optional(),
  scopes: scopesSchema
    .nullable()
    .optional()
    .describe('What its credentials may hold at most; null: no limit of its own.'),
}

export const agentSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    status: z.enum(['active', 'suspended', 'revoked']),
    parent_agent_id: z.uuid().nullable(),
    owner_user_id: z.uuid().nullable(),
    owner_license_id: z.string().nullable(),
    purpose: z.string().nullable(),
    risk_class: z.string().nullable(),
    allowed_models: names,
    allowed_tools: names,
    allowed_workflows: names,
    scopes: z.array(z.string()).nullable(),
    created_at: instantSchema,
  })
  .meta({ id: 'Agent' })
export type Agent = z.infer<typeof agentSchema>

export const createAgentSchema = z
  .strictObject({
    ...agentFields,
    parent_agent_id: z.uuid().nullable().optional().describe('A sub-agent is held to what its parent may do.'),
  })
  .meta({ id: 'CreateAgent' })
export type CreateAgent = z.infer<typeof createAgentSchema>
export const patchAgentSchema = z.strictObject(agentFields).partial().meta({ id: 'PatchAgent' })
export type PatchAgent = z.infer<typeof patchAgentSchema>
export const listAgentsQuerySchema = z.strictObject({
  ...pageParameters,
  status: z.enum(['active', 'suspended', 'revoked']).optional(),
  parent_agent_id: z.uuid().optional(),
})
export type ListAgentsQuery = z.infer<typeof listAgentsQuerySchema>

/** A ceiling for what an agent uses in a period. Stored and served; the gate enforces it. */
export const budgetSchema = z
  .object({
    id: z.uuid(),
    agent_id: z.uuid(),
    period: z.enum(['day', 'week', 'month']),
    token_limit: z.int().positive().nullable(),
    amount_limit_nanos: nanosSchema.nullable(),
    currency: currencySchema.nullable(),
    hard_cap: z.boolean(),
    created_at: instantSchema,
  })
  .meta({ id: 'Budget' })
export type Budget = z.infer<typeof budgetSchema>
export const createBudgetSchema = z
  .strictObject({
    period: z.enum(['day', 'week', 'month']),
    token_limit: z.int().positive().optional(),
    amount_limit_nanos: nanosSchema.regex(/^[1-9]\d{0,17}$/, 'nano-units above zero, at most 18 digits').optional(),
    currency: currencySchema.optional(),
    hard_cap: z.boolean().default(false),
  })
  .refine((body) => (body.token_limit === undefined) !== (body.amount_limit_nanos === undefined), {
    error: 'either token_limit or amount_limit_nanos',
  })
  .refine((body) => (body.amount_limit_nanos === undefined) === (body.currency === undefined), {
    path: ['currency'],
    error: 'a currency with amount_limit_nanos, and none without',
  })
  .meta({ id: 'CreateBudget' })
export type CreateBudget = z.infer<typeof createBudgetSchema>
export const budgetPathSchema = z.strictObject({ id: z.uuid(), budget_id: z.uuid() })
export type BudgetPath = z.infer<typeof budgetPathSchema>

const agents = { service: 'auth', workspace: 'required' } as const
const noMoreThanParent = 'A sub-agent may do no more than its parent: 403 `agent.exceeds_parent`.'

/** Agents, their lifecycle and their budgets (I-6, I-7). */
export const agentsOperations: readonly Endpoint[] = [
  {
    ...agents,
    scope: 'agents:read',
    method: 'GET',
    path: '/api/v1/agents',
    summary: 'List the agents, newest first',
    query: listAgentsQuerySchema,
    answers: { 200: pageOf(agentSchema) },
  },
  {
    ...agents,
    scope: 'agents:write',
    method: 'POST',
    path: '/api/v1/agents',
    summary: 'Create an agent',
    description: noMoreThanParent,
    headers: idempotent,
    body: createAgentSchema,
    answers: { 201: agentSchema },
  },
  {
    ...agents,
    scope: 'agents:read',
    method: 'GET',
    path: '/api/v1/agents/{id}',
    summary: 'Read an agent',
    answers: { 200: agentSchema },
  },
  {
    ...agents,
    scope: 'agents:write',
    method: 'PATCH',
    path: '/api/v1/agents/{id}',
    summary: 'Change an agent',
    description: noMoreThanParent,
    body: patchAgentSchema,
    answers: { 200: agentSchema },
  },
  ...(['suspend', 'reinstate', 'revoke'] as const).map((step): Endpoint => ({
    ...agents,
    scope: 'agents:write',
    method: 'POST',
    path: `/api/v1/agents/{id}/${step}`,
    summary: {
      suspend: 'Suspend an agent: its credentials and those of its sub-agents are refused with 403',
      reinstate: 'Reinstate a suspended agent',
      revoke: 'Revoke an agent for good',
    }[step],
    description: '409 `agent.state` where its present state does not allow it.',
    answers: { 200: agentSchema },
  })),
  {
    ...agents,
    scope: 'agents:read',
    method: 'GET',
    path: '/api/v1/agents/{id}/budgets',
    summary: 'List the budgets of an agent, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(budgetSchema) },
  },
  {
    ...agents,
    scope: 'agents:write',
    method: 'POST',
    path: '/api/v1/agents/{id}/budgets',
    summary: 'Give an agent a budget',
    headers: idempotent,
    body: createBudgetSchema,
    answers: { 201: budgetSchema },
  },
  {
    ...agents,
    scope: 'agents:write',
    method: 'DELETE',
    path: '/api/v1/agents/{id}/budgets/{budget_id}',
    summary: 'Remove a budget',
    answers: { 200: budgetSchema },
  },
]
