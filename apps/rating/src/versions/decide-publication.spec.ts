import type { BookVersionDetail } from '@portitor/contracts'
import { decidePublication as decide, type PublicationRequest, type PublicationState } from './decide-publication.ts'

const now = new Date('2026-06-01T12:00:00.000Z')
const draft = (changes: Partial<BookVersionDetail> = {}): BookVersionDetail => ({
  book: 'price',
  version: 2,
  status: 'draft',
  created_at: '2026-05-01T00:00:00.000Z',
  published_at: null,
  note: '',
  effective_from: '2026-07-01T00:00:00.000Z',
  effective_to: null,
  source: 'a test',
  source_date: '2026-05-01T00:00:00.000Z',
  content_sha256: '0'.repeat(64),
  author: { kind: 'user', id: 'ada' },
  publisher: null,
  revision: 1,
  reviews: [],
  content: {} as BookVersionDetail['content'],
  ...changes,
})
const past = draft({ effective_from: '2026-05-01T00:00:00.000Z' })

const decidePublication = (
  version: BookVersionDetail,
  request: PublicationRequest,
  at: Date,
  state: Partial<PublicationState> = {},
) => decide('book', version, request, { now: at, fourEyes: false, published: [], ...state })

describe('the decision to publish a draft', () => {
  it('R-4 takes the draft at its word: in force from its own time on', () => {
    expect(decidePublication(draft(), { backdate: false }, now)).toEqual({
      effectiveFrom: '2026-07-01T00:00:00.000Z',
      effectiveTo: null,
    })
  })

  it('R-4 refuses to change the past, unless the operator says so', () => {
    expect(decidePublication(past, { backdate: false }, now)).toMatchObject({
      refused: { code: 'book.effective_in_past' },
    })
    expect(decidePublication(past, { backdate: true }, now)).toEqual({
      effectiveFrom: '2026-05-01T00:00:00.000Z',
      effectiveTo: null,
    })
  })

  it('R-4 lets a draft take effect now, or at another time than planned, told in UTC', () => {
    expect(decidePublication(past, { effective_from: 'now', backdate: false }, now)).toEqual({
      effectiveFrom: now.toISOString(),
      effectiveTo: null,
    })
    expect(decidePublication(past, { effective_from: '2026-06-01T14:00:00+01:00', backdate: false }, now)).toEqual({
      effectiveFrom: '2026-06-01T13:00:00.000Z',
      effectiveTo: null,
    })
    expect(decidePublication(draft(), { effective_from: '2026-01-01T00:00:00Z', backdate: false }, now)).toMatchObject({
      refused: { code: 'book.effective_in_past' },
    })
  })

  it('R-4 publishes once', () => {
    const published = draft({ status: 'published', published_at: '2026-05-02T00:00:00.000Z' })
    expect(decidePublication(published, { backdate: true }, now)).toMatchObject({
      refused: { code: 'book.already_published' },
    })
  })

  it('R-4 refuses a version that would never be in force', () => {
    expect(
      decidePublication(draft({ effective_to: '2026-07-01T00:00:00.000Z' }), { backdate: false }, now),
    ).toMatchObject({
      refused: { code: 'book.never_in_force' },
    })
  })

  it('R-4 refuses two versions at one time, and names the field', () => {
    const published = [{ version: 1, from: new Date('2026-07-01T00:00:00.000Z') }]
    expect(decidePublication(draft(), { backdate: false }, now, { published })).toMatchObject({
      refused: {
        code: 'book.effective_time_taken',
        field: 'effective_from',
        detail: expect.stringContaining('Version 1'),
      },
    })
    expect(decidePublication(past, { backdate: false }, now)).toMatchObject({ refused: { field: 'effective_from' } })
    const other = { effective_from: '2026-07-01T00:00:00.001Z', backdate: false }
    expect(decidePublication(draft(), other, now, { published })).toMatchObject({
      effectiveFrom: '2026-07-01T00:00:00.001Z',
    })
  })

  it('R-4 two publications of one millisecond take effect one after the other', () => {
    const published = [now, new Date(now.getTime() + 1)].map((from, index) => ({ version: index + 1, from }))
    expect(decidePublication(draft(), { effective_from: 'now', backdate: false }, now, { published })).toMatchObject({
      effectiveFrom: '2026-06-01T12:00:00.002Z',
    })
  })

  it('R-4 takes a draft that names no time as now, and an end that the publication names', () => {
    const timeless = { ...draft(), effective_from: null }
    const request = { effective_to: '2026-08-01T02:00:00+02:00', backdate: false }
    const state = { now, fourEyes: false, published: [] }
    expect(decide('plan', timeless, request, state)).toEqual({
      effectiveFrom: now.toISOString(),
      effectiveTo: '2026-08-01T00:00:00.000Z',
    })
    expect(decide('plan', timeless, { ...request, effective_to: now.toISOString() }, state)).toMatchObject({
      refused: { code: 'plan.never_in_force', field: 'effective_to' },
    })
  })
})
