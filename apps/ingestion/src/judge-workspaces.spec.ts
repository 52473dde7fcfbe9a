import type { UsageEvent } from '@portitor/metering'
import fc from 'fast-check'
import type { JudgedEvent } from './judge-events.ts'
import { refuseForeign, refuseUnknown, workspacesOf } from './judge-workspaces.ts'

const accepted = (workspaceId: string): JudgedEvent => ({
  id: 'id',
  event: { workspaceId } as UsageEvent,
  key: workspaceId,
  hash: '',
})
const rejected = (code: string): JudgedEvent => ({ id: 'id', rejected: { code, detail: '' } })
const judged = fc.array(
  fc.oneof(
    fc.constantFrom('a', 'b', 'c').map(accepted),
    fc.constantFrom('workspace.contradiction', 'time.malformed').map(rejected),
  ),
)
const codeOf = (one: JudgedEvent) => ('rejected' in one ? one.rejected.code : 'accepted')

describe('the workspaces of events', () => {
  it('M-6 what is unknown is refused and everything else stays as it was judged, in its place', () => {
    fc.assert(
      fc.property(judged, fc.subarray(['a', 'b', 'c']), (events, unknown) => {
        const settled = refuseUnknown(events, new Set(unknown))
        expect(settled).toHaveLength(events.length)
        for (const [n, one] of events.entries()) {
          if ('event' in one && unknown.includes(one.event.workspaceId))
            expect(codeOf(settled[n]!)).toBe('workspace.unknown')
          else expect(settled[n]).toBe(one)
        }
        for (const id of unknown) expect(workspacesOf(settled)).not.toContain(id)
      }),
    )
  })

  it('I-4 a contradiction is answered as unknown, and nothing else is touched', () => {
    expect(
      refuseForeign([rejected('workspace.contradiction'), rejected('time.malformed'), accepted('a')]).map(codeOf),
    ).toEqual(['workspace.unknown', 'time.malformed', 'accepted'])
  })
})
