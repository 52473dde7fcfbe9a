import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { idempotent, nameSchema, pageOf, pageQuerySchema } from './page.ts'
import { instantSchema } from './primitives.ts'
import { scopesSchema } from './scopes.ts'

export const teamSchema = z.object({ id: z.uuid(), name: z.string(), created_at: instantSchema }).meta({ id: 'Team' })
export type Team = z.infer<typeof teamSchema>
export const createTeamSchema = z.strictObject({ name: nameSchema }).meta({ id: 'CreateTeam' })
export type CreateTeam = z.infer<typeof createTeamSchema>

/** `id` is null for the roles that come with the product. */
export const roleSchema = z
  .object({ id: z.uuid().nullable(), name: z.string(), scopes: z.array(z.string()), built_in: z.boolean() })
  .meta({ id: 'Role' })
export type Role = z.infer<typeof roleSchema>
const roleName = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, 'a name such as support_reader, in lower case')
export const createRoleSchema = z.strictObject({ name: roleName, scopes: scopesSchema }).meta({ id: 'CreateRole' })
export type CreateRole = z.infer<typeof createRoleSchema>
export const patchRoleSchema = z.strictObject({ scopes: scopesSchema }).meta({ id: 'PatchRole' })
export type PatchRole = z.infer<typeof patchRoleSchema>

/** A person in a workspace. People log in through an external OIDC issuer; there are no passwords. */
export const memberSchema = z
  .object({
    user_id: z.uuid(),
    email: z.string(),
    name: z.string().nullable(),
    role: z.string(),
    team_id: z.uuid().nullable(),
    created_at: instantSchema,
  })
  .meta({ id: 'Member' })
export type Member = z.infer<typeof memberSchema>
export const addMemberSchema = z
  .strictObject({
    email: z.email().max(254).describe('Binds the person who logs in with this verified address.'),
    name: nameSchema.optional(),
    role: roleName.describe('A role that comes with the product, or one of the workspace.'),
    team_id: z.uuid().optional(),
  })
  .meta({ id: 'AddMember' })
export type AddMember = z.infer<typeof addMemberSchema>
export const patchMemberSchema = z
  .strictObject({ role: roleName.optional(), team_id: z.uuid().nullable().optional() })
  .meta({ id: 'PatchMember' })
export type PatchMember = z.infer<typeof patchMemberSchema>

/** Staff of the operator: outside any workspace, over the whole system. */
export const operatorSchema = z
  .object({ user_id: z.uuid(), email: z.string(), name: z.string().nullable(), created_at: instantSchema })
  .meta({ id: 'Operator' })
export type Operator = z.infer<typeof operatorSchema>
export const addOperatorSchema = z
  .strictObject({ email: z.email().max(254), name: nameSchema.optional() })
  .meta({ id: 'AddOperator' })
export type AddOperator = z.infer<typeof addOperatorSchema>

const read = { service: 'auth', workspace: 'required', scope: 'members:read', method: 'GET' } as const
const write = { service: 'auth', workspace: 'required', scope: 'members:write' } as const
const operator = { service: 'auth', workspace: 'none', scope: 'operator' } as const
const noMoreThanOwn = 'A role can be given only by who holds all of its scopes: 403 `scope.escalation`.'

/** Teams, roles and members of a workspace, and the operator's staff (I-1). */
export const membersOperations: readonly Endpoint[] = [
  {
    ...read,
    path: '/api/v1/teams',
    summary: 'List the teams, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(teamSchema) },
  },
  {
    ...write,
    method: 'POST',
    path: '/api/v1/teams',
    summary: 'Create a team',
    headers: idempotent,
    body: createTeamSchema,
    answers: { 201: teamSchema },
  },
  {
    ...write,
    method: 'DELETE',
    path: '/api/v1/teams/{id}',
    summary: 'Remove a team; its members stay in the workspace',
    answers: { 200: teamSchema },
  },
  {
    ...read,
    path: '/api/v1/roles',
    summary: 'List the roles: those of the product, then those of the workspace',
    query: pageQuerySchema,
    answers: { 200: pageOf(roleSchema) },
  },
  {
    ...write,
    method: 'POST',
    path: '/api/v1/roles',
    summary: 'Create a role of the workspace',
    description: noMoreThanOwn,
    headers: idempotent,
    body: createRoleSchema,
    answers: { 201: roleSchema },
  },
  {
    ...write,
    method: 'PATCH',
    path: '/api/v1/roles/{id}',
    summary: 'Change the scopes of a role of the workspace',
    description: noMoreThanOwn,
    body: patchRoleSchema,
    answers: { 200: roleSchema },
  },
  {
    ...write,
    method: 'DELETE',
    path: '/api/v1/roles/{id}',
    summary: 'Remove a role of the workspace',
    description: '409 `role.in_use` while a member has it.',
    answers: { 200: roleSchema },
  },
  {
    ...read,
    path: '/api/v1/members',
    summary: 'List the members, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(memberSchema) },
  },
  {
    ...write,
    method: 'POST',
    path: '/api/v1/members',
    summary: 'Add a member',
    description: noMoreThanOwn,
    headers: idempotent,
    body: addMemberSchema,
    answers: { 201: memberSchema },
  },
  {
    ...write,
    method: 'PATCH',
    path: '/api/v1/members/{id}',
    summary: 'Change the role or the team of a member, by user id',
    description: `${noMoreThanOwn} 409 \`member.last_owner\` where nobody would be left to own the workspace.`,
    body: patchMemberSchema,
    answers: { 200: memberSchema },
  },
  {
    ...write,
    method: 'DELETE',
    path: '/api/v1/members/{id}',
    summary: 'Remove a member, by user id',
    description: '409 `member.last_owner` where nobody would be left to own the workspace.',
    answers: { 200: memberSchema },
  },
  {
    ...operator,
    method: 'GET',
    path: '/api/v1/operators',
    summary: 'List the operator’s staff, newest first',
    query: pageQuerySchema,
    answers: { 200: pageOf(operatorSchema) },
  },
  {
    ...operator,
    method: 'POST',
    path: '/api/v1/operators',
    summary: 'Add somebody to the operator’s staff',
    headers: idempotent,
    body: addOperatorSchema,
    answers: { 201: operatorSchema },
  },
  {
    ...operator,
    method: 'DELETE',
    path: '/api/v1/operators/{id}',
    summary: 'Remove somebody from the operator’s staff, by user id',
    answers: { 200: operatorSchema },
  },
]
