import { attributeToAgent } from './attribute-to-agent.ts'

const own = '0199c1d2-7b3a-7c4e-9d21-0000000000aa'
const other = '0199c1d2-7b3a-7c4e-9d21-0000000000bb'
const event = (data: unknown) => ({ raw: { id: 'one', data } })
const settled = (data: unknown) => attributeToAgent([event(data)], own)[0]!

describe('whose use an agent reports', () => {
  it.each([
    ['names no agent', { model: 'm' }],
    ['names it as empty text', { model: 'm', agent_id: '' }],
    ['spells its own id in another case', { model: 'm', agent_id: own.toUpperCase() }],
    ['names itself', { model: 'm', agent_id: own }],
  ])('I-6 an event that %s is of the agent that calls, and nothing else of it changes', (_, data) => {
    expect(settled(data)).toEqual(event({ model: 'm', agent_id: own }))
  })

  it('I-6 one that names another agent is rejected, by the name that the sender gave the field', () => {
    expect(settled({ agent_id: other })).toMatchObject({ rejected: { code: 'agent.not_own', field: 'data.agent_id' } })
    const plain = { ...event({ agent_id: other }), nameOf: (field: string) => field.slice('data.'.length) }
    expect(attributeToAgent([plain], own)).toMatchObject([{ rejected: { field: 'agent_id' } }])
  })

  it('M-6 each is judged alone, in its place; what is malformed is left to be rejected as that', () => {
    const before = { raw: {}, rejected: { code: 'field.unknown', detail: '' } }
    const malformed = [event({ agent_id: 7 }), event({ agent_id: null }), event([]), event(undefined), { raw: 'x' }]
    const found = attributeToAgent([event({}), before, event({ agent_id: other }), ...malformed], own)
    expect(found.map(({ rejected }) => rejected?.code)).toEqual([
      undefined,
      'field.unknown',
      'agent.not_own',
      ...malformed.map(() => undefined),
    ])
    expect(found.slice(3)).toEqual(malformed)
  })
})
