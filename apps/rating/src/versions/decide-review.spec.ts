import type { VersionActor, VersionReview } from '@portitor/contracts'
import fc from 'fast-check'
import { refuseReview, refuseUnreviewed, type ReviewedVersion, reviewsMax } from './decide-review.ts'

const ada: VersionActor = { kind: 'user', id: 'ada' }
const bob: VersionActor = { kind: 'user', id: 'bob' }
const key: VersionActor = { kind: 'operator', id: 'operator' }
const review = (
  reviewer: VersionActor,
  verdict: VersionReview['verdict'],
  more: Partial<VersionReview> = {},
): VersionReview => ({ reviewer, verdict, note: '', at: '2026-06-01T00:00:00.000Z', stands: true, ...more })
const draft = (reviews: VersionReview[] = [], more: Partial<ReviewedVersion> = {}): ReviewedVersion => ({
  version: 2,
  status: 'draft',
  published_at: null,
  author: ada,
  reviews,
  ...more,
})
const codeOf = (reviews: VersionReview[], fourEyes = true, more: Partial<ReviewedVersion> = {}) =>
  refuseUnreviewed('plan', draft(reviews, more), fourEyes)?.code

describe('the reviews of a draft', () => {
  it('R-4 with four eyes only an approval of another principal lets it be published', () => {
    expect(codeOf([])).toBe('plan.approval_missing')
    expect(codeOf([review(ada, 'approve')])).toBe('plan.approval_missing')
    expect(codeOf([review(bob, 'approve')])).toBeUndefined()
    expect(codeOf([review({ kind: 'api_key', id: 'ada' }, 'approve')])).toBeUndefined()
  })

  it('R-4 whoever holds the operator key is one principal', () => {
    expect(codeOf([review(key, 'approve')], true, { author: key })).toBe('plan.approval_missing')
  })

  it('R-4 an approval of an earlier content counts no more', () => {
    expect(codeOf([review(bob, 'approve', { stands: false })])).toBe('plan.approval_missing')
    expect(codeOf([review(bob, 'reject', { stands: false })], false)).toBeUndefined()
  })

  it('R-4 without four eyes a review is optional, and a rejection stands all the same until it is taken back', () => {
    expect(codeOf([], false)).toBeUndefined()
    expect(codeOf([review(bob, 'approve'), review(key, 'reject')], false)).toBe('plan.rejected')
    expect(codeOf([review(bob, 'reject'), review(bob, 'approve')])).toBeUndefined()
    expect(codeOf([review(bob, 'approve'), review(bob, 'reject')])).toBe('plan.rejected')
  })

  it('R-4 a draft of an unknown author is approved by nobody', () => {
    expect(codeOf([review(bob, 'approve')], true, { author: null })).toBe('plan.approval_missing')
  })

  it('R-4 four eyes never publish what has no standing approval of somebody else, whatever the reviews', () => {
    const actors = fc.constantFrom(ada, bob, key)
    const reviews = fc.array(
      fc
        .tuple(actors, fc.constantFrom('approve' as const, 'reject' as const), fc.boolean())
        .map(([who, verdict, stands]) => review(who, verdict, { stands })),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(reviews, actors, (given, author) => {
        if (codeOf(given, true, { author }) !== undefined) return
        const standing = given.filter(({ stands }) => stands)
        expect(standing.some(({ reviewer, verdict }) => reviewer !== author && verdict === 'approve')).toBe(true)
        for (const who of [ada, bob, key])
          expect(standing.findLast(({ reviewer }) => reviewer === who)?.verdict).not.toBe('reject')
      }),
      { numRuns: 1_000 },
    )
  })

  it('R-4 nobody approves what they wrote, nobody reviews what is published, and their number is bounded', () => {
    const approve = { verdict: 'approve', note: '' } as const
    expect(refuseReview('book', draft(), approve, ada)?.code).toBe('book.own_review')
    expect(refuseReview('book', draft(), { ...approve, verdict: 'reject' }, ada)).toBeUndefined()
    expect(refuseReview('book', draft(), approve, bob)).toBeUndefined()
    expect(refuseReview('book', draft([], { status: 'published' }), approve, bob)?.code).toBe('book.already_published')
    const many = Array.from({ length: reviewsMax }, () => review(bob, 'reject'))
    expect(refuseReview('book', draft(many), approve, bob)?.code).toBe('book.too_many_reviews')
  })
})
