import fc from 'fast-check'
import { costTag, eventDigest, firstIdAt, formatUuid, priceTag, transferId } from './transfer-ids.ts'

const time = Date.UTC(2023, 10, 14, 22, 13, 20)
const idOf = (workspace: string, source: string, id: string, tag = priceTag('tokens'), ms = time) =>
  formatUuid(transferId(ms, eventDigest(workspace, source, id), tag))

describe('transfer ids', () => {
  it('L-3 derives the same id from the same event, also in another process', () => {
    expect(idOf('w', 's', 'e')).toBe(idOf('w', 's', 'e'))
    expect(idOf('0199c1d2-7b3a-7c4e-9d21-000000000001', 'spec', 'event-1')).toBe('018bcfe5-6800-8e09-a34b-b3d6990145c3')
  })

  it('L-3 makes uuids of version 8 and the RFC 9562 variant that begin with the event time', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 0, max: 2 ** 48 - 1 }), (source, id, ms) => {
        const uuid = idOf('w', source, id, costTag, ms)
        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)).toBe(ms)
      }),
    )
  })

  it('L-3 tells apart the legs of one event and events that only look alike when joined', () => {
    const ids = [
      idOf('w', 's', 'e'),
      idOf('w', 's', 'e', priceTag('requests')),
      idOf('w', 's', 'e', costTag),
      idOf('w', 'se', ''),
      idOf('w', '', 'se'),
      idOf('ws', '', 'e'),
      idOf('w', '1:s', 'e'),
      idOf('w', 's', 'e', priceTag('tokens'), time + 1),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('L-8 orders ids by time, and the first id of a moment is below all of its transfers', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat({ max: 2 ** 31 }), fc.nat({ max: 1_000 }), (id, ms, later) => {
        expect(firstIdAt(ms) < idOf('w', 's', id, costTag, ms)).toBe(true)
        expect(idOf('w', 's', id, costTag, ms) < firstIdAt(ms + 1 + later)).toBe(true)
      }),
    )
  })
})
