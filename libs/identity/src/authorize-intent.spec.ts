import type { Principal } from '@portitor/contracts'
import fc from 'fast-check'
import { authorizeIntent, readIntent } from './authorize-intent.ts'
import { coversAll } from './covers.ts'

type Agent = NonNullable<Principal['agent']>
const unlimited: Agent = {
  id: 'agent',
  parents: [],
  allowed_models: null,
  allowed_tools: null,
  allowed_workflows: null,
}
const limited: Agent = {
  ...unlimited,
  allowed_models: ['gpt-4o'],
  allowed_tools: ['search'],
  allowed_workflows: ['triage'],
}
const everything = ['invoke:*', 'mcp:*']
const judge = (headers: Record<string, string>, scopes: readonly string[], agent: Agent | null = null) => {
  const intent = readIntent(headers)
  if ('refused' in intent) return `${intent.refused.status} ${intent.refused.code}`
  return authorizeIntent(intent, scopes, agent)?.code ?? 'allowed'
}

describe('the intent of a call', () => {
  it.each([
    [{}, [], 'allowed'],
    [{ 'x-cost-center': 'search and chat' }, [], 'allowed'],
    [{ 'x-workflow': 'triage' }, ['invoke:workflow:triage'], 'allowed'],
    [{ 'x-workflow': 'triage' }, ['invoke:workflow:*'], 'allowed'],
    [{ 'x-workflow': 'triage' }, ['invoke:workflow:other'], 'intent.not_allowed'],
    [{ 'x-workflow': 'triage' }, [], 'intent.not_allowed'],
    [{ 'x-intent': 'invoke:model:gpt-4o' }, ['invoke:model:gpt-4o'], 'allowed'],
    [{ 'x-intent': 'invoke:model:gpt-4o' }, ['invoke:model:gpt'], 'intent.not_allowed'],
    [{ 'x-intent': 'invoke:*' }, ['invoke:model:*'], 'intent.not_allowed'],
    [{ 'x-intent': 'mcp:tool:search' }, ['mcp:*'], 'allowed'],
    [{ 'x-workflow': 'triage', 'x-intent': 'mcp:tool:x' }, ['invoke:*'], 'intent.not_allowed'],
    [{ 'x-intent': 'ledger:read' }, ['ledger:read'], '400 intent.malformed'],
    [{ 'x-intent': 'invoke:model:' }, everything, '400 intent.malformed'],
    [{ 'x-workflow': 'a b' }, everything, '400 intent.malformed'],
    [{ 'x-workflow': '*' }, everything, '400 intent.malformed'],
    [{ 'x-workflow': 'x'.repeat(129) }, everything, '400 intent.malformed'],
    [{ 'x-cost-center': 'x'.repeat(129) }, everything, '400 intent.malformed'],
    [{ 'x-cost-center': '' }, everything, '400 intent.malformed'],
  ])('I-5 %j with %j: %s', (headers, scopes, expected) => {
    expect(judge(headers as Record<string, string>, scopes)).toBe(expected)
  })

  it.each([
    [{ 'x-workflow': 'triage' }, 'allowed'],
    [{ 'x-workflow': 'other' }, 'intent.not_allowed'],
    [{ 'x-intent': 'invoke:model:gpt-4o' }, 'allowed'],
    [{ 'x-intent': 'invoke:model:gpt-5' }, 'intent.not_allowed'],
    [{ 'x-intent': 'invoke:model:*' }, 'intent.not_allowed'],
    [{ 'x-intent': 'invoke:*' }, 'intent.not_allowed'],
    [{ 'x-intent': 'invoke:route:any' }, 'allowed'],
    [{ 'x-intent': 'mcp:tool:search' }, 'allowed'],
    [{ 'x-intent': 'mcp:tool:delete' }, 'intent.not_allowed'],
    [{ 'x-intent': 'mcp:*' }, 'intent.not_allowed'],
  ])('I-5 an agent is held to what it is allowed: %j: %s', (headers, expected) => {
    expect(judge(headers as Record<string, string>, everything, limited)).toBe(expected)
    expect(judge(headers as Record<string, string>, everything, unlimited)).toBe('allowed')
  })

  const name = fc.stringMatching(/^[\w.-]{1,12}$/)
  const intent = fc.oneof(
    name.map((model) => `invoke:model:${model}`),
    name.map((tool) => `mcp:tool:${tool}`),
    fc.constantFrom('invoke:*', 'mcp:*', 'invoke:model:*', 'mcp:tool:*', 'invoke:workflow:*'),
  )
  it('I-5 what passes is covered by the scopes, and limits only take away', () => {
    fc.assert(
      fc.property(intent, fc.array(intent), fc.array(name), (wanted, scopes, allowed_models) => {
        const free = judge({ 'x-intent': wanted }, scopes)
        expect(free === 'allowed').toBe(coversAll(scopes, [wanted]))
        if (free !== 'allowed')
          expect(judge({ 'x-intent': wanted }, scopes, { ...unlimited, allowed_models })).toBe(free)
      }),
    )
  })

  it('I-5 an agent without any allowed model invokes none, whatever its scopes', () => {
    const agent = { ...unlimited, allowed_models: [] }
    fc.assert(
      fc.property(intent, (wanted) => {
        fc.pre(wanted.startsWith('invoke:model:') || wanted === 'invoke:*')
        expect(judge({ 'x-intent': wanted }, everything, agent)).toBe('intent.not_allowed')
      }),
    )
  })
})
