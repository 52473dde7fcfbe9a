import { coversAll } from '@portitor/identity'
import fc from 'fast-check'
import { effectiveLimits, exceeds, intersectScopes, type AgentLimits } from './effective-limits.ts'

const names = fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }))
const scopes = fc.option(
  fc.uniqueArray(
    fc.constantFrom('metering:read', 'metering:write', 'invoke:*', 'invoke:model:*', 'invoke:model:x', 'mcp:*'),
    { maxLength: 4 },
  ),
)
const limits: fc.Arbitrary<AgentLimits> = fc.record({
  allowed_models: names,
  allowed_tools: names,
  allowed_workflows: names,
  scopes,
})
const chain = fc.array(limits, { maxLength: 8 })
const fields = ['allowed_models', 'allowed_tools', 'allowed_workflows'] as const
const isWithin = (inner: AgentLimits, outer: AgentLimits) =>
  fields.every(
    (field) =>
      outer[field] === null || (inner[field] !== null && inner[field].every((name) => outer[field]!.includes(name))),
  ) &&
  (outer.scopes === null || (inner.scopes !== null && coversAll(outer.scopes, inner.scopes)))
const free: AgentLimits = { allowed_models: null, allowed_tools: null, allowed_workflows: null, scopes: null }

describe('effectiveLimits', () => {
  it('I-6 an agent alone is held to its own limits, and one without any is not limited', () => {
    const own = { ...free, allowed_models: ['gpt-4o'], scopes: ['metering:write'] }
    expect(effectiveLimits([own])).toEqual(own)
    expect(effectiveLimits([])).toEqual(free)
  })

  it('I-6 a sub-agent without limits of its own has those of its parent', () => {
    const parent = { ...free, allowed_tools: ['search'], scopes: ['metering:write'] }
    expect(effectiveLimits([free, parent])).toEqual(parent)
  })

  it('I-6 of a wildcard and what it covers the narrower holds, whoever has it', () => {
    const wide = { ...free, scopes: ['invoke:*'] }
    const narrow = { ...free, scopes: ['invoke:model:x'] }
    expect(effectiveLimits([wide, narrow]).scopes).toEqual(['invoke:model:x'])
    expect(effectiveLimits([narrow, wide]).scopes).toEqual(['invoke:model:x'])
    expect(intersectScopes(['invoke:*', 'mcp:*'], ['invoke:model:x'])).toEqual(['invoke:model:x'])
  })

  it('I-6 a sub-agent never has more than any agent above it, however they were limited since', () => {
    fc.assert(fc.property(chain, (agents) => agents.every((agent) => isWithin(effectiveLimits(agents), agent))))
  })

  it('I-6 another agent above narrows and never widens', () => {
    fc.assert(
      fc.property(chain, limits, (agents, above) =>
        isWithin(effectiveLimits([...agents, above]), effectiveLimits(agents)),
      ),
    )
  })

  it('I-6 takes away nothing that all of them allow', () => {
    fc.assert(
      fc.property(chain, fc.constantFrom('a', 'b'), (agents, name) => {
        const allowed = agents.every(({ allowed_models: list }) => list === null || list.includes(name))
        const effective = effectiveLimits(agents).allowed_models
        expect(effective === null || effective.includes(name)).toBe(allowed)
      }),
    )
  })

  it('I-6 what does not exceed the parent is in effect as it was given', () => {
    fc.assert(
      fc.property(limits, limits, (given, parent) => {
        const effective = effectiveLimits([given, parent])
        if (exceeds(given, parent) !== undefined) return
        for (const field of fields) if (given[field] !== null) expect(effective[field]).toEqual(given[field])
        if (given.scopes !== null) expect(coversAll(effective.scopes!, given.scopes)).toBe(true)
      }),
    )
  })
})

describe('exceeds', () => {
  const parent = { allowed_models: ['m'], allowed_tools: ['t'], allowed_workflows: [], scopes: ['invoke:model:*'] }

  it.each([
    ['nothing', {}, undefined],
    ['null, which is inherited', { allowed_models: null, scopes: null }, undefined],
    ['the same', parent, undefined],
    ['another model', { allowed_models: ['m', 'n'] }, 'allowed_models'],
    ['another tool', { allowed_tools: ['u'] }, 'allowed_tools'],
    ['any workflow where there is none', { allowed_workflows: ['w'] }, 'allowed_workflows'],
    ['a wider scope', { scopes: ['invoke:*'] }, 'scopes'],
    ['a narrower scope', { scopes: ['invoke:model:x'] }, undefined],
  ])('I-6 judges %s', (_, given, expected) => {
    expect(exceeds(given, parent)).toBe(expected)
  })
})
