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
})
