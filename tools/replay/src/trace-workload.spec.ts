import { planSchema } from '@portitor/contracts'
import { assignPlanRow, outcomesOf } from './assign-plan-row.ts'
import { assignRow } from './assign-row.ts'
import type { Trace } from './read-trace.ts'
import { traceWorkload } from './trace-workload.ts'

const trace = (sha256: string): Trace => ({
  sha256,
  rowsCount: 3,
  firstMs: 0,
  lastMs: 0,
  blocksForgotten: 0,
  async *rows() {
    for (const inputTokens of [10, 20, 30])
      yield { time: '2023-11-16T18:15:46.6805900Z', inputTokens, cachedInputTokens: inputTokens - 10, outputTokens: 1 }
  },
})
const hash = 'a1b2c3d4e5f6'.padEnd(64, '0')

async function all<Item>(items: Iterable<Item> | AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('the assignment of rows', () => {
  it('is a function of the row number alone: the README says what stands here', () => {
    expect(assignRow(0, 8)).toEqual({
      workspace: 0,
      agentId: 'agent-1',
      provider: 'openai',
      model: 'gpt-4o-mini',
      workflow: 'ticket-triage',
      costCenter: 'chat',
    })
    expect(assignRow(22, 8)).toMatchObject({ workspace: 6, agentId: 'agent-2', model: 'gemini-2.5-pro' })
    expect(assignRow(123_456, 8)).toEqual(assignRow(123_456, 8))
  })

  it('gives every workspace every model in the stated share', () => {
    const rows = Array.from({ length: 23 * 8 }, (_, row) => assignRow(row, 8))
    for (let workspace = 0; workspace < 8; workspace++) {
      const models = rows.filter((row) => row.workspace === workspace).map(({ model }) => model)
      const shares = [...Map.groupBy(models, (model) => model).values()].map(({ length }) => length)
      expect(shares.toSorted((left, right) => left - right)).toEqual([1, 2, 4, 4, 5, 7])
    }
  })
})

describe('the assignment of rows under a plan', () => {
  it('is a function of the row number within its workspace: the README says what stands here', () => {
    const meeting = (success: boolean, quality: string, value: number) => ({ success, quality, value })
    expect(assignPlanRow(0, 8)).toEqual({ agentId: 'agent-1', outcome: meeting(true, '0.5', 100) })
    expect(assignPlanRow(7, 8)).toEqual(assignPlanRow(0, 8))
    expect(assignPlanRow(8, 8)).toEqual({ agentId: 'agent-2', outcome: undefined })
    expect(assignPlanRow(2 * 8, 8)).toEqual({ agentId: 'agent-3', outcome: undefined })
    expect(assignPlanRow(30 * 8, 8)).toEqual({ agentId: 'agent-1', outcome: meeting(false, '0.8', 103) })
  })

  it('counts the outcomes that it makes', () => {
    for (const workspaces of [1, 2, 7])
      for (let rows = 0; rows < 200; rows++) {
        const made = Array.from({ length: rows }, (_, row) => assignPlanRow(row, workspaces).outcome)
        expect(outcomesOf(rows, workspaces)).toBe(made.filter((outcome) => outcome !== undefined).length)
      }
  })
})

describe('the events of a trace', () => {
  it('have ids, source and workspaces that follow from the content', async () => {
    const workload = traceWorkload(trace(hash), 2)
    const events = await all(workload.events())
    expect(workload.workspaces).toEqual(['replay-a1b2c3d4e5f6-2-001', 'replay-a1b2c3d4e5f6-2-002'])
    expect(events.map(({ id }) => id)).toEqual(['a1b2c3d4e5f6-0', 'a1b2c3d4e5f6-1', 'a1b2c3d4e5f6-2'])
    expect(events[2]).toEqual({
      workspace: 'replay-a1b2c3d4e5f6-2-001',
      id: 'a1b2c3d4e5f6-2',
      source: 'trace:a1b2c3d4e5f6',
      type: 'tokens.consumed',
      time: '2023-11-16T18:15:46.6805900Z',
      data: {
        provider: 'openai',
        model: 'gpt-4o-mini',
        input_tokens: 30,
        cached_input_tokens: 20,
        output_tokens: 1,
        agent_id: 'agent-3',
        workflow: 'code-review',
        cost_center: 'engineering',
      },
    })
    expect(await all(traceWorkload(trace(hash), 2).events())).toEqual(events)
  })

  it('share no workspace with another file or another number of workspaces', () => {
    const names = [
      ...traceWorkload(trace(hash), 2).workspaces,
      ...traceWorkload(trace(hash), 3).workspaces,
      ...traceWorkload(trace('f'.repeat(64)), 2).workspaces,
    ]
    expect(new Set(names).size).toBe(7)
  })

  const planOf = (meters: string[]) => ({
    plan: 'meetings',
    version: 2,
    content: planSchema.parse({
      id: 'meetings',
      name: 'Meetings',
      currency: 'USD',
      fees: [],
      charges: [{ id: 'one', meters, price: { model: 'per_unit', rate: '1', per: '1' } }],
    }),
  })

  it('under a plan have workspaces of its version, its agents, and outcomes where it prices them', async () => {
    const workload = traceWorkload(trace(hash), 2, planOf(['outcome:*']))
    const events = await all(workload.events())
    expect(workload).toMatchObject({
      workspaces: ['replay-a1b2c3d4e5f6-2-meetings@2-001', 'replay-a1b2c3d4e5f6-2-meetings@2-002'],
      eventsCount: 5,
    })
    expect(events.map(({ id, data }) => [id.slice(13), data['agent_id']])).toEqual([
      ['0', 'agent-1'],
      ['0-outcome', 'agent-1'],
      ['1', 'agent-1'],
      ['1-outcome', 'agent-1'],
      ['2', 'agent-2'],
    ])
    expect(events[1]).toEqual({
      workspace: 'replay-a1b2c3d4e5f6-2-meetings@2-001',
      id: 'a1b2c3d4e5f6-0-outcome',
      source: 'trace:a1b2c3d4e5f6',
      type: 'outcome.achieved',
      time: '2023-11-16T18:15:46.6805900Z',
      data: {
        outcome: 'meeting_booked',
        success: true,
        quality: '0.5',
        value: 100,
        agent_id: 'agent-1',
        workflow: 'ticket-triage',
        cost_center: 'chat',
      },
    })
    const without = traceWorkload(trace(hash), 2, planOf(['input_tokens']))
    expect([without.eventsCount, (await all(without.events())).length]).toEqual([3, 3])
  })
})
